// Draws each chart when it comes near the view, in the theme of the page, and again if that changes.
// Expressions run through Vega's interpreter, so the page needs no right to evaluate code.
(function () {
  "use strict";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function draw(plot) {
    var theme = dark.matches ? "dark" : "light";
    var address = plot.dataset.src + "&theme=" + theme;
    return fetch(address)
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      })
      .then(function (spec) {
        var stage = document.createElement("div");
        stage.className = "stage";
        plot.replaceChildren(stage);
        return window.vegaEmbed(stage, spec, {
          ast: true,
          actions: false,
          renderer: "svg",
          defaultStyle: false,
          tooltip: { disableDefaultStyle: true, theme: "page" }
        });
      })
      .then(function () {
        plot.dataset.state = "drawn";
        plot.dataset.theme = theme;
      })
      .catch(function (problem) {
        var line = document.createElement("p");
        line.className = "empty";
        line.textContent = plot.dataset.failed;
        plot.replaceChildren(line);
        plot.dataset.state = "failed";
        console.error("chart", plot.dataset.src, problem);
      });
  }

  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      watcher.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "600px 0px" });

  var plots = Array.from(document.querySelectorAll(".plot"));
  plots.forEach(function (plot) { watcher.observe(plot); });

  dark.addEventListener("change", function () {
    plots.filter(function (plot) { return plot.dataset.state === "drawn"; }).forEach(draw);
  });
  window.addEventListener("beforeprint", function () {
    plots.filter(function (plot) { return !plot.dataset.state; }).forEach(draw);
  });

  // Choosing is enough where scripts run; the button stays for those without.
  document.querySelectorAll(".controls").forEach(function (form) {
    form.classList.add("scripted");
    form.addEventListener("change", function () { form.requestSubmit(); });
  });
})();

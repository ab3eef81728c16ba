/* Draws each chart anew on a canvas: the same curves, with a cursor, zoom and keys.  The page is whole without it. */
(function () {
  "use strict";
  var MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  var UNITS = { bytes: [1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]], count: [1000, ["", "k", "M", "G", "T", "P"]] };

  function two(n) { return (n < 10 ? "0" : "") + n; }

  function sized(kind, value) {
    var unit = UNITS[kind] || UNITS.bytes, at = 0, left = Math.abs(value);
    while (left >= unit[0] && at < unit[1].length - 1) { left /= unit[0]; at += 1; }
    return { size: Math.pow(unit[0], at), name: unit[1][at] };
  }

  function shown(kind, value) {
    if (value === null || value === undefined) { return "-"; }
    if (kind === "count") { return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ","); }
    var unit = sized(kind, value);
    return (value / unit.size).toFixed(unit.size === 1 ? 0 : 1) + " " + unit.name;
  }

  function moment(chart, x) {
    if (!chart.time) { return "snapshot " + x; }
    var at = new Date(x * 1000);
    return at.getUTCDate() + " " + MONTHS[at.getUTCMonth()] + " " + two(at.getUTCHours()) + ":" + two(at.getUTCMinutes());
  }

  function xLabels(chart) {
    return function (plot, splits, axis, space, step) {
      return splits.map(function (x) {
        if (!chart.time) { return x === Math.round(x) ? String(x) : ""; }
        var at = new Date(x * 1000);
        if (step >= 7776000) { return MONTHS[at.getUTCMonth()] + " " + at.getUTCFullYear(); }
        if (step >= 86400 || x % 86400 === 0) { return at.getUTCDate() + " " + MONTHS[at.getUTCMonth()]; }
        return two(at.getUTCHours()) + ":" + two(at.getUTCMinutes());
      });
    };
  }

  /* The labels of the value axis come with the page; where the chart is low every second one is left out. */
  function everyOther(chart) {
    return function (plot) {
      var room = plot.bbox.height / (devicePixelRatio || 1) / chart.ticks.length;
      return chart.ticks.filter(function (tick, i) { return room > 22 || i % 2 === 0; });
    };
  }

  /* The limit and the marks go on the canvas behind and above the curves. */
  function drawExtras(chart, color) {
    return function (plot) {
      var ctx = plot.ctx, box = plot.bbox, dpr = devicePixelRatio || 1;
      ctx.save();
      ctx.lineWidth = dpr;
      ctx.font = 12 * dpr + "px system-ui, sans-serif";
      (chart.marks || []).forEach(function (mark, i) {
        var x = Math.round(plot.valToPos(mark.x, "x", true));
        if (x < box.left || x > box.left + box.width) { return; }
        var right = x > box.left + box.width * 0.6;
        ctx.strokeStyle = color.dim; ctx.fillStyle = color.ink; ctx.setLineDash([2 * dpr, 3 * dpr]);
        ctx.beginPath(); ctx.moveTo(x, box.top); ctx.lineTo(x, box.top + box.height); ctx.stroke();
        ctx.textAlign = right ? "right" : "left";
        ctx.fillText(mark.text, x + (right ? -5 : 5) * dpr, box.top + box.height - (8 + i % 3 * 15) * dpr);
      });
      if (chart.limit) {
        var y = Math.round(plot.valToPos(chart.limit.value, "y", true));
        if (y >= box.top - 1 && y <= box.top + box.height) {
          ctx.strokeStyle = color.bad; ctx.fillStyle = color.bad; ctx.setLineDash([3 * dpr, 4 * dpr]);
          ctx.lineWidth = 1.5 * dpr; ctx.textAlign = "left";
          ctx.beginPath(); ctx.moveTo(box.left, y); ctx.lineTo(box.left + box.width, y); ctx.stroke();
          ctx.fillText(chart.limit.text, box.left + 6 * dpr, y > box.top + 18 * dpr ? y - 6 * dpr : y + 15 * dpr);
        }
      }
      ctx.restore();
    };
  }

  function colors(figure) {
    var style = getComputedStyle(document.documentElement);
    function variable(name) { return style.getPropertyValue("--" + name).trim(); }
    return {
      ink: variable("ink"), soft: variable("soft"), line: variable("line"), dim: variable("dim"), bad: variable("bad"),
      lines: Array.prototype.map.call(figure.querySelectorAll(".legend li[data-line]"), function (item) {
        return getComputedStyle(item.querySelector("svg")).color;
      })
    };
  }

  function fade(color, part) { return color.replace(/^rgb\(/, "rgba(").replace(/\)$/, ", " + part + ")"); }

  function options(chart, figure, host, width) {
    var color = colors(figure), count = chart.x.length, ticks = everyOther(chart);
    var series = [{}], bands = [];
    chart.lines.forEach(function (line, i) {
      series.push({
        label: line.name, stroke: color.lines[i], width: 2.25, dash: line.dashed ? [6, 5] : undefined, spanGaps: false,
        points: { show: count <= 60 && !line.dashed, size: 5, fill: color.lines[i], stroke: color.lines[i] },
        fill: line.filled ? fade(color.lines[i], 0.1) : undefined
      });
    });
    if (chart.band) {
      var at = series.length, tint = color.lines[chart.band.line || 0] || color.bad;
      series.push({ label: "high", width: 0, points: { show: false } }, { label: "low", width: 0, points: { show: false } });
      bands.push({ series: [at, at + 1], fill: fade(tint, 0.16) });
    }
    return {
      width: width, height: width < 500 ? 250 : 330, series: series, bands: bands, legend: { show: false },
      padding: [8, 22, 0, 0],
      scales: { x: { time: false }, y: { range: function () { return [chart.low, chart.high]; } } },
      axes: [
        { stroke: color.soft, grid: { show: false }, ticks: { stroke: color.line, width: 1 }, values: xLabels(chart), space: 70, size: 34,
          incrs: chart.time ? [60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000,
            7776000, 31536000] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], font: "12px system-ui, sans-serif" },
        { stroke: color.soft, grid: { stroke: color.line, width: 1 }, ticks: { show: false }, size: width < 500 ? 62 : 76,
          splits: function (plot) { return ticks(plot).map(function (tick) { return tick.value; }); },
          values: function (plot) { return ticks(plot).map(function (tick) { return tick.text; }); },
          font: "12px system-ui, sans-serif" }
      ],
      cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false } },
      hooks: {
        draw: [drawExtras(chart, color)],
        setCursor: [function (plot) { tell(chart, figure, host, plot.cursor.idx); }]
      }
    };
  }

  function tell(chart, figure, host, index) {
    var known = index !== null && index !== undefined;
    host.moment.textContent = known ? moment(chart, chart.x[index]) : host.hint;
    Array.prototype.forEach.call(figure.querySelectorAll(".legend li[data-line] output"), function (output, i) {
      output.textContent = known ? shown(chart.unit, chart.lines[i].values[index]) : output.getAttribute("data-rest");
    });
  }

  function keys(plot, chart, figure, host) {
    return function (event) {
      var last = chart.x.length - 1, at = plot.cursor.idx;
      at = at === null || at === undefined ? -1 : at;
      if (event.key === "ArrowRight") { at = Math.min(last, at + 1); }
      else if (event.key === "ArrowLeft") { at = Math.max(0, at - 1); }
      else if (event.key === "Home") { at = 0; }
      else if (event.key === "End") { at = last; }
      else if (event.key === "Escape") {
        plot.setData(plot.data);
        plot.setCursor({ left: -10, top: -10 });
        return tell(chart, figure, host, null);
      } else { return; }
      event.preventDefault();
      plot.setCursor({ left: plot.valToPos(chart.x[at], "x"), top: 10 });
    };
  }

  function draw(figure) {
    var chart = JSON.parse(figure.getAttribute("data-chart"));
    var data = [chart.x].concat(chart.lines.map(function (line) { return line.values; }));
    if (chart.band) { data.push(chart.band.high, chart.band.low); }
    var host = document.createElement("div"), plot = null;
    host.className = "plot";
    host.tabIndex = 0;
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", figure.querySelector("figcaption").textContent + ": arrow keys move through the samples");
    host.moment = document.createElement("div");
    host.moment.className = "moment";
    host.moment.setAttribute("aria-live", "polite");
    host.hint = "Point at the curves, or use the arrow keys; drag to zoom, Escape for the whole.";
    host.moment.textContent = host.hint;
    figure.insertBefore(host, figure.querySelector("svg.drawn"));
    figure.insertBefore(host.moment, host.nextSibling);

    function build() {
      var box = getComputedStyle(figure);
      var width = Math.floor(figure.clientWidth - parseFloat(box.paddingLeft) - parseFloat(box.paddingRight));
      if (plot) { plot.destroy(); }
      plot = new uPlot(options(chart, figure, host, width), data, host);
      host.onkeydown = keys(plot, chart, figure, host);
      plot.over.ondblclick = function () { plot.setData(plot.data); };
    }
    build();
    figure.classList.add("live");
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
    var waiting = 0;
    window.addEventListener("resize", function () { clearTimeout(waiting); waiting = setTimeout(build, 100); });
  }

  Array.prototype.forEach.call(document.querySelectorAll("figure[data-chart]"), function (figure) {
    try {
      draw(figure);
    } catch (problem) { /* what is drawn already stays */
      figure.classList.remove("live");
      Array.prototype.forEach.call(figure.querySelectorAll(".plot, .moment"), function (one) { one.remove(); });
      throw problem;
    }
  });
})();

// Draws the charts of a page from their rows, and hands them out as pictures and tables.
// Colours are the stylesheet's, so that a chart follows the page into the dark and onto paper; a picture that leaves
// the page gets the light ones, its title and where it is from.
"use strict";
{
  const { specifications, fields, columns, texts, signs, colours } = self.hasila.charts;

  const told = (text) => (text === null || text === undefined ? "" : String(text));
  const rowsOf = ({ kind, rows }) =>
    rows.map((cells) => {
      const row = Object.fromEntries(fields[kind].map((name, at) => [name, cells[at] === undefined ? null : cells[at]]));
      row.amount = row.value === null ? null : Number(row.value);
      row.middle = row.x1 === null || row.x1 === undefined ? row.x : (row.x + row.x1) / 2;
      return row;
    });
  const specificationOf = (chart) => {
    const made = structuredClone(specifications[chart.kind]);
    made.data.find(({ name }) => name === "rows").values = rowsOf(chart);
    if (chart.height) made.height = chart.height;
    return made;
  };
  const locale = { number: { decimal: signs.decimal, thousands: signs.group, grouping: [3], currency: ["", ""] } };
  // Errors alone are told: a kind of row that a chart does not have is no reason for a warning.
  const ERRORS = 1;
  const draw = (node, made, renderer) =>
    self.hasila.embed(node, made, {
      logLevel: ERRORS,
      mode: "vega", renderer, ast: true, actions: false, defaultStyle: false, tooltip: false,
      formatLocale: locale.number,
    });

  // --- What leaves the page.

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  const cell = (value) => {
    const text = told(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const csv = (chart) => {
    const names = columns[chart.kind];
    const rows = rowsOf(chart).filter((row) => row[names[0]] !== null);
    return [names, ...rows.map((row) => names.map((name) => row[name]))].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  };
  const onPaper = (chart, figure) => {
    const made = specificationOf(chart);
    const from = document.querySelector(".foot p");
    const subtitle = [figure.querySelector("figcaption"), figure.querySelector(".key"), from]
      .filter(Boolean)
      .map((node) => node.textContent.replace(/\s+/g, " ").trim());
    const isolated = (text) => (document.dir === "rtl" ? `\u2067${text}\u2069` : text);
    made.title = { text: isolated(chart.title), subtitle: subtitle.map(isolated), anchor: document.dir === "rtl" ? "end" : "start", frame: "group" };
    made.background = "#ffffff";
    made.padding = 16;
    const light = JSON.stringify(made).replace(/var\(--([\w-]+)\)/g, (whole, name) => colours[name] || whole);
    const fixed = JSON.parse(light);
    fixed.signals = (fixed.signals || []).map((signal) => (signal.name === "width" ? { name: "width", value: 720 } : signal));
    return fixed;
  };
  const picture = async (chart, figure, type) => {
    const apart = document.createElement("div");
    apart.className = "unseen";
    document.body.append(apart);
    try {
      const { view } = await draw(apart, onPaper(chart, figure), type === "png" ? "canvas" : "svg");
      if (type === "svg") save(new Blob([await view.toSVG()], { type: "image/svg+xml" }), `${chart.name}.svg`);
      else {
        const canvas = await view.toCanvas(2);
        canvas.toBlob((blob) => save(blob, `${chart.name}.png`), "image/png");
      }
      view.finalize();
    } finally {
      apart.remove();
    }
  };
  const downloads = (chart, figure) => {
    const list = document.createElement("p");
    list.className = "take";
    const given = {
      svg: () => picture(chart, figure, "svg"),
      png: () => picture(chart, figure, "png"),
      csv: () => save(new Blob(["\ufeff", csv(chart)], { type: "text/csv" }), `${chart.name}.csv`),
    };
    for (const [name, take] of Object.entries(given)) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.take = name;
      button.textContent = texts[name];
      button.onclick = take;
      list.append(button);
    }
    return list;
  };

  // --- On the page.

  const begin = async (figure) => {
    const chart = JSON.parse(figure.dataset.chart);
    const drawing = figure.querySelector(".drawing");
    const made = specificationOf(chart);
    // Its room is there before it is drawn, so that nothing moves under who reads already.
    const rows = new Set(rowsOf(chart).map((row) => row.y)).size;
    const AXIS = 30, ROW = 28, TITLES = 160;
    drawing.style.minBlockSize = `${made.height ? made.height + AXIS : rows * ROW + TITLES}px`;
    figure.append(downloads(chart, figure));
    figure.hidden = false;
    try {
      // Vega gives its place a role of its own; the page has said already what the picture is.
      const inner = document.createElement("div");
      inner.setAttribute("aria-hidden", "true");
      drawing.append(inner);
      await draw(inner, made, "svg");
    } catch (error) {
      drawing.textContent = texts.failed;
      throw error;
    }
    figure.dataset.drawn = "";
  };
  for (const figure of document.querySelectorAll("figure[data-chart]")) begin(figure);
}

// Search, filters and comparison. Everything can be read without this script; it only helps to find and to choose.
// What was chosen stands in the address after the #, so that a view can be sent, also from a folder on a disk.
"use strict";
{
  const hasila = (self.hasila = self.hasila || {});
  const texts = () => hasila.words.texts;

  const make = (tag, given = {}, ...inner) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name === "class") node.className = value;
      else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...inner.filter((part) => part !== null && part !== undefined));
    return node;
  };
  const fill = (pattern, given) => pattern.replace(/%\((\w+)\)s/g, (_, name) => given[name]).replace(/%%/g, "%");

  // --- The address.

  const chosen = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const choose = (choice) => {
    const told = Array.from(choice).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    history.replaceState(null, "", told.length ? `#${told.join("&")}` : "#");
    // The same view in the other languages.
    for (const link of document.querySelectorAll(".languages a")) link.hash = told.join("&");
  };

  // --- Numbers and figures, as the pages write them.

  const number = (told) => {
    const signs = hasila.words.signs;
    let [whole, part = ""] = told.replace("-", "").split(".");
    if (part.length > 2) {
      // Half to even, as the pages do; what is compared are digits, so that no binary fraction comes in.
      const [kept, rest] = [part.slice(0, 2), part.slice(2)];
      const half = "5".padEnd(rest.length, "0");
      let digits = BigInt(whole + kept);
      if (rest > half || (rest === half && digits % 2n === 1n)) digits += 1n;
      const text = digits.toString().padStart(3, "0");
      [whole, part] = [text.slice(0, -2), text.slice(-2)];
    }
    part = part.replace(/0+$/, "");
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, signs.group);
    return (told.startsWith("-") ? "-" : "") + grouped + (part ? signs.decimal + part : "");
  };
  const amount = (told, percent) => (percent ? fill(texts().percent, { value: number(told) }) : number(told));
  const valueText = (figure, percent) => {
    if (figure.value === null) return hasila.words.absences[figure.qualifier] || figure.qualifier;
    const told = amount(figure.value, percent);
    const pattern = hasila.words.qualifiers[figure.qualifier];
    return pattern ? fill(pattern, { value: told }) : told;
  };
  const safe = (code) => code.replace(/[^A-Za-z0-9_-]/gu, (letter) => `~${letter.codePointAt(0).toString(16)}`);
  const figureNode = (figure, place, root) => {
    const kind = hasila.names.indicators[figure.indicator] || [];
    const told = valueText(figure, kind[4]);
    const node =
      figure.value === null
        ? make("span", { class: `absent is-${figure.qualifier}` }, told)
        : figure.qualifier ? make("span", { class: `is-${figure.qualifier}` }, told) : told;
    const page = figure.page > 1 ? `.${figure.page}` : "";
    const address = `${root.dataset.origin}${safe(figure.indicator)}${page}.html#y${figure.year}-${safe(place)}`;
    return make("a", { href: address }, node);
  };
  const statusNode = (status) =>
    make("span", { class: `mark status-${status}` }, hasila.words.statuses[status] || status);
  const marks = ({ status, accepted, expected }) =>
    expected === undefined
      ? [statusNode(status)]
      : [
          statusNode(status),
          " ",
          make("span", { class: "mark provisional" }, fill(texts().provisional, { accepted: number(String(accepted)), expected: number(String(expected)) })),
        ];

  // --- Figures of a place, loaded when they are asked for.

  const loading = {};
  const figuresOf = (place, root) => {
    if (hasila.figures && hasila.figures[place]) return Promise.resolve(named(hasila.figures[place]));
    loading[place] ||= new Promise((resolve, reject) => {
      const script = make("script", { src: `${root.dataset.data}figures-${safe(place)}.js` });
      script.onload = () => resolve(named((hasila.figures || {})[place] || []));
      script.onerror = () => {
        delete loading[place];
        reject(new Error(place));
      };
      document.head.append(script);
    });
    return loading[place];
  };
  const named = (rows) =>
    rows.map(([indicator, year, period, status, value, qualifier, page, accepted, expected]) => ({
      indicator, year: String(year), period, status, value, qualifier, page, accepted, expected,
    }));

  // --- Choices.

  const select = (name, label, options, value) => {
    const node = make("select", { name });
    for (const [code, title] of options) node.append(make("option", { value: code, selected: code === value }, title));
    node.value = options.some(([code]) => code === value) ? value : options.length ? options[0][0] : "";
    return make("label", {}, label, node);
  };
  const values = (form) => new Map(Array.from(new FormData(form)).filter(([, value]) => value));
  const everything = () => ["", texts().all];
  const places = () => [["MA", texts().country], ...hasila.names.places.map(([code, name]) => [code, name])];
  const objectives = () => [
    everything(),
    ...hasila.names.objectives.map(([code, name], rank) => [code, `${rank + 1}. ${name}`]),
    ["none", texts().none],
  ];
  const programmes = () => [everything(), ...Object.entries(hasila.names.programmes).map(([code, [name]]) => [code, name])];
  const statuses = () => [everything(), ...Object.entries(hasila.words.statuses)];
  const yearsOf = (rows) => [...new Set(rows.map((row) => row.year))].sort().reverse();

  const fits = (row, choice) => {
    const [, objective, programme] = hasila.names.indicators[row.indicator] || [];
    return (
      (!choice.get("objective") || (objective || "none") === choice.get("objective")) &&
      (!choice.get("programme") || programme === choice.get("programme")) &&
      (!choice.get("year") || row.year === choice.get("year")) &&
      (!choice.get("status") || row.status === choice.get("status"))
    );
  };
  const periodName = (label) => hasila.names.periods[label] || label;
  const indicatorNode = (code, root) =>
    make("a", { href: `${root.dataset.indicator}${safe(code)}.html` }, (hasila.names.indicators[code] || [code])[0]);
  const table = (headings, rows, caption) => {
    const head = make("tr", {}, ...headings.map(([title, isNumber]) => make("th", { scope: "col", class: isNumber ? "number" : "" }, title)));
    const body = make("tbody", {}, ...rows);
    const made = make("table", { class: "figures" }, make("caption", {}, caption), make("thead", {}, head), body);
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
  };

  // --- All figures.

  const STEP = 200;
  const explore = (root) => {
    document.getElementById("without-script").hidden = true;
    const form = make("form", { class: "filters" });
    const output = make("div");
    root.append(form, output);
    let asked = 0;

    const draw = async (choice, limit = STEP) => {
      const place = choice.get("place") || "MA";
      const turn = ++asked;
      let rows;
      try {
        rows = await figuresOf(place, root);
      } catch {
        output.replaceChildren(make("p", { class: "empty", role: "alert" }, texts().failed));
        return;
      }
      if (turn !== asked) return;
      form.replaceChildren(
        select("objective", texts().objective, objectives(), choice.get("objective") || ""),
        select("programme", texts().programme, programmes(), choice.get("programme") || ""),
        select("year", texts().year, [everything(), ...yearsOf(rows).map((year) => [year, year])], choice.get("year") || ""),
        select("place", texts().place, places(), place),
        select("status", texts().status, statuses(), choice.get("status") || ""),
        make("button", { type: "reset" }, texts().clear),
      );
      const found = rows.filter((row) => fits(row, choice));
      const told = fill(texts().shown, { shown: number(String(Math.min(found.length, limit))), all: number(String(found.length)) });
      const count = make("output", { role: "status" }, told);
      form.append(count);
      if (!found.length) {
        output.replaceChildren(make("p", { class: "empty" }, texts().nothing));
        return;
      }
      const drawn = found.slice(0, limit).map((row) =>
        make("tr", { class: `row-${row.status}` },
          make("th", { scope: "row" }, indicatorNode(row.indicator, root)),
          make("td", { class: "period" }, periodName(row.period)),
          make("td", { class: "number" }, figureNode(row, place, root)),
          make("td", {}, (hasila.names.indicators[row.indicator] || [])[3] || ""),
          make("td", {}, ...marks(row)),
        ));
      const headings = [[texts().indicator], [texts().period], [texts().value, true], [texts().unit], [texts().status]];
      output.replaceChildren(table(headings, drawn, document.querySelector("h1").textContent));
      if (found.length > limit) {
        const more = make("button", { type: "button" }, texts().more);
        more.onclick = () => draw(choice, limit + STEP);
        output.append(more);
      }
    };
    const refresh = () => {
      const active = document.activeElement && document.activeElement.name;
      const choice = values(form);
      if (choice.get("place") === "MA") choice.delete("place");
      choose(choice);
      draw(choice).then(() => active && form.elements[active] && form.elements[active].focus());
    };
    form.addEventListener("change", refresh);
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      choose(new Map());
      draw(new Map());
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    const start = () => {
      choose(chosen());
      draw(chosen());
    };
    addEventListener("hashchange", start);
    start();
  };

  // --- Comparison of two years of a place, or of two places in a year.

  const minus = (one, other) => {
    // On whole numbers of the last decimal, so that no binary fraction comes in.
    const decimals = Math.max(...[one, other].map((told) => (told.split(".")[1] || "").length));
    const whole = (told) => {
      const [left, right = ""] = told.replace("-", "").split(".");
      const digits = BigInt(left + right.padEnd(decimals, "0"));
      return told.startsWith("-") ? -digits : digits;
    };
    const result = whole(one) - whole(other);
    const digits = (result < 0n ? -result : result).toString().padStart(decimals + 1, "0");
    const told = decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
    return (result < 0n ? "-" : "") + told;
  };
  // The two years that have most in common, the newer ones where several have.
  const richest = (byYear) => {
    let [best, most] = [[], 0];
    byYear.forEach(([newer, rows], position) => {
      for (const [older, others] of byYear.slice(position + 1)) {
        const shared = Array.from(rows.keys()).filter((name) => others.has(name)).length;
        if (shared > most) [best, most] = [[older, newer], shared];
      }
    });
    return best;
  };
  const compare = (root) => {
    document.getElementById("without-script").hidden = true;
    const form = make("form", { class: "filters" });
    const output = make("div");
    root.append(form, output);
    let asked = 0;

    const draw = async (choice) => {
      const by = choice.get("by") === "places" ? "places" : "years";
      const known = hasila.names.places.map(([code]) => code);
      const one = by === "places" ? choice.get("one") || known[0] || "MA" : choice.get("place") || "MA";
      const other = by === "places" ? choice.get("other") || "MA" : one;
      const turn = ++asked;
      let left, right;
      try {
        [left, right] = await Promise.all([figuresOf(one, root), figuresOf(other, root)]);
      } catch {
        output.replaceChildren(make("p", { class: "empty", role: "alert" }, texts().failed));
        return;
      }
      if (turn !== asked) return;
      const years = yearsOf([...left, ...right]);
      // Only like with like: one kind of figure, and the same part of the year on both sides.
      const key = (row) => [row.indicator, row.status, by === "years" ? row.period.replace(row.year, "") : row.period].join("|");
      const narrowed = new Map([["objective", choice.get("objective")], ["status", choice.get("status")]]);
      const of = (rows, year) => new Map(rows.filter((row) => row.year === year && fits(row, narrowed)).map((row) => [key(row), row]));
      const [richOne, richOther] = by === "years" ? richest(years.map((year) => [year, of(left, year)])) : [];
      const common = (year) => Array.from(of(left, year).keys()).filter((name) => of(right, year).has(name)).length;
      const fullest = years.reduce((best, year) => (common(year) > common(best) ? year : best), years[0]);
      const first = by === "years" ? choice.get("first") || richOne || years[0] : choice.get("year") || fullest;
      const second = by === "years" ? choice.get("second") || richOther || years[0] : first;
      const asOptions = years.map((year) => [year, year]);
      const kinds = [["years", texts().years], ["places", texts().places]];
      form.replaceChildren(
        select("by", texts().what, kinds, by),
        ...(by === "years"
          ? [
              select("place", texts().place, places(), one),
              select("first", texts().first_year, asOptions, first),
              select("second", texts().second_year, asOptions, second),
            ]
          : [
              select("one", texts().first_place, places(), one),
              select("other", texts().second_place, places(), other),
              select("year", texts().year, asOptions, first),
            ]),
        select("objective", texts().objective, objectives(), choice.get("objective") || ""),
        select("status", texts().status, statuses(), choice.get("status") || ""),
      );
      const [lefts, rights] = [of(left, first), of(right, second)];
      const keys = [...new Set([...lefts.keys(), ...rights.keys()])].sort((a, b) => (lefts.has(b) && rights.has(b)) - (lefts.has(a) && rights.has(a)));
      const title = (place, year) => (by === "years" ? year : (places().find(([code]) => code === place) || [])[1] || place);
      const [leftTitle, rightTitle] = [title(one, first), title(other, second)];
      if (!keys.length) {
        output.replaceChildren(make("p", { class: "empty" }, texts().nothing));
        return;
      }
      const rows = keys.map((name) => {
        const [a, b] = [lefts.get(name), rights.get(name)];
        const row = a || b;
        const kind = hasila.names.indicators[row.indicator] || [];
        const exact = a && b && a.value !== null && b.value !== null && !a.qualifier && !b.qualifier;
        const difference = exact
          ? amount(minus(b.value, a.value), kind[4])
          : a && b ? make("span", { class: "quiet" }, texts().not_comparable) : "";
        const periods = [...new Set([a, b].filter(Boolean).map((side) => periodName(side.period)))];
        const none = () => make("span", { class: "absent" }, texts().no_figure);
        return make("tr", { class: `row-${row.status}` },
          make("th", { scope: "row" }, indicatorNode(row.indicator, root)),
          make("td", {}, periods.join(" / ")),
          make("td", { class: "number" }, a ? figureNode(a, one, root) : none()),
          make("td", { class: "number" }, b ? figureNode(b, other, root) : none()),
          make("td", { class: "number" }, difference),
          make("td", {}, statusNode(row.status)),
        );
      });
      const headings = [[texts().indicator], [texts().period], [leftTitle, true], [rightTitle, true], [texts().difference, true], [texts().status]];
      output.replaceChildren(table(headings, rows, `${leftTitle} / ${rightTitle}`));
      output.querySelector("table").className = "";
    };
    form.addEventListener("change", (event) => {
      const choice = values(form);
      if (event.target.name === "by") ["place", "first", "second", "one", "other", "year"].forEach((name) => choice.delete(name));
      choose(choice);
      const active = event.target.name;
      draw(choice).then(() => form.elements[active] && form.elements[active].focus());
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    const start = () => {
      choose(chosen());
      draw(chosen());
    };
    addEventListener("hashchange", start);
    start();
  };

  // --- Search. Words are brought into the form of the index (orchestration/portal/search.py, orchestration/read/text.py).

  const LETTERS = {
    ...{ "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ڭ": "ك", "گ": "ك", "ٱ": "ا", "ـ": "", "ء": "" },
    ...{ "œ": "oe", "æ": "ae", "ß": "ss" },
  };
  const plain = (text) =>
    text
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[ةىیکڭگٱـءœæß]/g, (letter) => LETTERS[letter])
      .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
      .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim()
      .split(" ")
      .map((word) => word.replace(/^(?:[وفبك]?ال|لل)(?=[\p{L}\p{N}]{3})/u, ""))
      .filter(Boolean);
  const search = (root) => {
    const query = new URLSearchParams(location.search).get("q") || "";
    const field = document.getElementById("find");
    const show = (typed) => {
      const words = plain(typed);
      document.getElementById("everything").hidden = words.length > 0;
      if (!words.length) {
        root.replaceChildren();
        return;
      }
      const scored = hasila.index
        .map(([kind, title, address, all]) => {
          const known = all.split(" ");
          let score = 0;
          for (const word of words) {
            if (known.includes(word)) score += 3;
            else if (known.some((other) => other.startsWith(word))) score += 2;
            else if (word.length > 2 && all.includes(word)) score += 1;
            else return null;
          }
          return { kind, title, address, score };
        })
        .filter(Boolean)
        .sort((a, b) => b.score - a.score);
      const count = scored.length ? fill(texts().found, { count: number(String(scored.length)) }) : texts().found_none;
      const list = scored.slice(0, 100).map(({ kind, title, address }) =>
        make("li", {}, make("span", { class: "kind" }, hasila.words.kinds[kind]), " ", make("a", { href: address }, title)));
      root.replaceChildren(make("p", { role: "status" }, count), make("ul", { class: "results" }, ...list));
    };
    field.value = query;
    field.addEventListener("input", () => show(field.value));
    show(query);
  };

  // --- What there is on this page.

  Object.assign(hasila, { plain, number, minus });
  const begin = { explorer: explore, comparison: compare, results: search };
  for (const [name, start] of Object.entries(begin)) {
    const root = document.getElementById(name);
    if (root && hasila.words) start(root);
  }
}

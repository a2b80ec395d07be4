// The page of SQL: DuckDB runs in a worker, on those of the release's Parquet files that a question names.
"use strict";
{
  const form = document.getElementById("ask");
  const texts = self.hasila.words.texts;
  const signs = self.hasila.words.signs;
  const [status, output, csv] = [form.querySelector("[role=status]"), document.getElementById("answer"), form.querySelector("[data-take=csv]")];
  const field = document.getElementById("sql");
  const SHOWN = 500;

  const fill = (pattern, given) => pattern.replace(/%\((\w+)\)s/g, (_, name) => given[name]);
  const count = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, signs.group);
  const absolute = (address) => new URL(address, location.href).href;

  // --- DuckDB.

  let connecting;
  const connection = () => {
    connecting ||= self.hasila.open(absolute(form.dataset.assets));
    connecting.catch(() => (connecting = undefined));
    return connecting;
  };

  // --- Tables, each from its file.

  const links = Array.from(document.querySelectorAll("#tables a[data-table]"));
  const files = new Map(links.map((link) => [link.dataset.table, link]));
  const there = new Set();
  const CATALOGUE = /\b(duckdb_\w+|information_schema|pg_\w+|sqlite_\w+|show|pragma)\b/i;
  // All of them for a question that names none, or asks which there are.
  const named = (sql) => {
    const words = new Set(sql.toLowerCase().match(/\w+/g));
    const found = Array.from(files.keys()).filter((table) => words.has(table));
    return found.length && !CATALOGUE.test(sql) ? found : Array.from(files.keys());
  };
  const unread = (told, message) => Object.assign(new Error(message), { told });
  const fetched = async (table) => {
    const link = files.get(table);
    let content;
    try {
      content = self.hasila.read(await self.hasila.fetched(link.href));
    } catch (error) {
      throw unread(texts.file_failed, `${link.textContent}: ${error.message || error}`);
    }
    // A newer release may have come since the page was opened: tables of two must not be asked together.
    if (content.release !== form.dataset.release) throw unread(texts.other_release, link.textContent);
    return [table, content];
  };
  const load = async (opened, tables) => {
    const wanted = tables.filter((table) => !there.has(table));
    for (const [table, content] of await Promise.all(wanted.map(fetched))) {
      await self.hasila.put(opened, table, content);
      there.add(table);
    }
  };

  // --- A question.

  // Values as DuckDB writes them: what a script makes of a decimal or a date would be something else.
  const NUMBERS = /^(DECIMAL\([\d, ]+\)|DOUBLE|FLOAT|U?(BIG|SMALL|TINY|HUGE)INT|U?INTEGER)$/;
  const cells = (result) => {
    const columns = result.schema.fields.map((_, at) => result.getChildAt(at));
    return Array.from({ length: result.numRows }, (_, row) => columns.map((column) => {
      const value = column.get(row);
      return value === null || value === undefined ? null : String(value);
    }));
  };
  const ask = async (sql) => {
    const asked = sql.trim().replace(/;\s*$/, "");
    const opened = await connection();
    await load(opened, named(asked));
    let described;
    try {
      described = cells(await opened.query(`describe select * from (\n${asked}\n)`));
    } catch {
      // It is no question for rows, or wrong: DuckDB says so in its own words and lines.
      const result = await opened.query(asked);
      return { names: result.schema.fields.map(({ name }) => name), numeric: [], rows: cells(result) };
    }
    const result = await opened.query(`select columns(*)::varchar from (\n${asked}\n)`);
    const numeric = described.map(([, type]) => NUMBERS.test(type));
    // 1.50 is 1.5; the zeros of 100 and of 1.5e+20 are not after a point.
    const exact = (value, at) => (numeric[at] && /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, "") : value);
    return { names: described.map(([name]) => name), numeric, rows: cells(result).map((row) => row.map(exact)) };
  };

  // --- The answer.

  const make = (tag, given, ...inner) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
    node.append(...inner);
    return node;
  };
  const show = ({ names, numeric, rows }) => {
    const caption = rows.length > SHOWN
      ? fill(texts.first_rows, { shown: count(SHOWN), count: count(rows.length) })
      : fill(texts.rows, { count: count(rows.length) });
    status.textContent = caption;
    if (!names.length) {
      output.replaceChildren();
      return;
    }
    const kind = (at) => (numeric[at] ? "number" : "text");
    const head = make("tr", {}, ...names.map((name, at) => make("th", { scope: "col", class: kind(at), translate: "no" }, name)));
    const body = rows.slice(0, SHOWN).map((row) =>
      make("tr", {}, ...row.map((value, at) => make("td", { class: kind(at), dir: "auto" }, value === null ? "" : value))));
    const table = make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body));
    output.replaceChildren(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table));
  };
  let last;
  // What a spreadsheet takes for a formula gets an apostrophe, by the rule of the release's own files for spreadsheets
  // (orchestration/release/exports/spreadsheet_csv.py); a number is left one.
  const FORMULA = /^[\x00-\x20]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
  const defused = (text) => (FORMULA.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cell = (value, at) => (value === null ? "" : quoted(last.numeric[at] ? value : defused(value)));
  const save = () => {
    const names = last.names.map((name) => quoted(defused(name)));
    const text = [names, ...last.rows.map((row) => row.map(cell))].map((row) => row.join(",")).join("\r\n");
    const link = make("a", { href: URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" })), download: "hasila.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  let running = false;
  const run = async () => {
    if (running || !field.value.trim()) return;
    running = true;
    status.textContent = texts.running;
    csv.disabled = true;
    output.replaceChildren();
    try {
      last = await ask(field.value);
      show(last);
      csv.disabled = false;
    } catch (error) {
      status.textContent = error.told || texts.query_failed;
      output.replaceChildren(make("pre", { class: "empty", role: "alert", dir: "ltr" }, error.message));
    } finally {
      running = false;
    }
  };

  // --- On the page.

  const note = document.getElementById("without-script");
  if (location.protocol === "file:") {
    // A worker and a large file can be had from a server only.
    note.firstChild.textContent = `${texts.needs_server} `;
  } else {
    note.hidden = true;
    form.hidden = false;
    for (const button of form.querySelectorAll("[data-sql]")) {
      button.onclick = () => {
        field.value = button.dataset.sql;
        run();
      };
    }
    form.onsubmit = (event) => {
      event.preventDefault();
      run();
    };
    field.onkeydown = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
    };
    csv.onclick = save;
  }
}

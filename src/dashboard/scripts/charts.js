/* Draws the charts of the overview, from the data that the server gives as JSON, and writes each as a table too. */
(() => {
  const [root] = document.querySelectorAll("[data-charts]");
  if (!root) return;
  /** Of this dashboard: another one may stand at another path. */
  const SAMPLES = `omniq-samples ${location.pathname}`;
  const HOUR = 3_600;
  const DAY = 86_400;
  const HEIGHT = 180;
  /** What is live is drawn over so many seconds at least, the last of them to the right. */
  const LIVE_SPAN = 300;
  const EVERY = 60_000;

  const round = (value) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  const number = (value) => (value === null || value === undefined ? "–" : round(value).toLocaleString("en"));
  const time = (milliseconds) => {
    if (milliseconds === null || milliseconds === undefined) return "–";
    if (milliseconds === 0) return "0";
    if (milliseconds < 1_000) return `${round(milliseconds)} ms`;
    const seconds = milliseconds / 1_000;
    if (seconds < 60) return `${round(seconds)} s`;
    if (seconds < HOUR) return `${round(seconds / 60)} min`;
    return seconds < 2 * DAY ? `${round(seconds / HOUR)} h` : `${round(seconds / DAY)} d`;
  };
  const seconds = (value) => (value === null || value === undefined ? "–" : time(value * 1_000));

  const COUNTS = [1, 2, 5]
    .flatMap((first) => [0, 1, 2, 3, 4, 5].map((zeros) => first * 10 ** zeros))
    .sort((a, b) => a - b);

  /** Where an axis of time may have its marks, in milliseconds: 30 min and not 33.3 min. */
  const parts = [1, 2, 5, 10, 20, 50, 100, 200, 500];
  const MARKS = [
    ...parts,
    ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800].map((count) => count * 1_000),
    ...[1, 2, 3, 6, 12].map((count) => count * HOUR * 1_000),
    ...parts.map((count) => count * DAY * 1_000),
  ];

  /** What each chart has: its lines, and how a value of it is written. Bars stand on each other, the first of them undermost. */
  const CHARTS = {
    throughput: {
      lines: [
        ["succeeded", "Succeeded", "--success"],
        ["retried", "Retried", "--retrying"],
      ],
      write: number,
      whole: true,
    },
    failures: {
      lines: [
        ["failed", "Failed", "--failed"],
        ["retried", "Retried", "--retrying"],
      ],
      write: number,
      bars: true,
    },
    duration: {
      lines: [
        ["p50", "p50", "--accent"],
        ["p95", "p95", "--retrying"],
      ],
      write: time,
      marks: MARKS,
      least: 1_000,
      dots: true,
    },
    depth: {
      lines: [["depth", "Waiting", "--pending"]],
      write: number,
      marks: COUNTS,
      lives: true,
      dots: true,
    },
    age: {
      lines: [["age", "Oldest due", "--cancelled"]],
      write: seconds,
      marks: MARKS.map((mark) => mark / 1_000),
      least: 60,
      lives: true,
      dots: true,
    },
  };
  const SEEN = "As this page has seen it since it was opened.";
  /** What is said of a chart that has nothing in it. */
  const EMPTY = {
    throughput: "No attempt has ended in this time. The history counts while OMNIQ_HISTORY is on.",
    failures: "No attempt has failed in this time.",
    duration: "No attempt has ended in this time.",
  };
  const drawn = new Map();
  let data = null;

  const part = (kind, name) => root.querySelector(`[data-${kind}="${name}"]`);

  /** A colour of the style sheet, as it is in this mode. */
  function color(name, opacity = 1) {
    const probe = document.createElement("span");
    probe.style.color = `color-mix(in srgb, var(${name}) ${opacity * 100}%, transparent)`;
    root.append(probe);
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    return resolved;
  }

  /** Of the last hour, as far as this tab has seen it. */
  function samples() {
    const kept = JSON.parse(sessionStorage.getItem(SAMPLES) ?? "[]");
    return kept.filter(({ at }) => at > Date.now() / 1_000 - HOUR);
  }

  function takeSample() {
    const figures = document.querySelector("[data-sample]");
    if (!figures) return;
    const sample = { at: Math.round(Date.now() / 1_000), ...JSON.parse(figures.dataset.sample) };
    sessionStorage.setItem(SAMPLES, JSON.stringify([...samples(), sample]));
    for (const [name, chart] of Object.entries(CHARTS)) if (isSeen(chart)) draw(name);
  }

  /** A line that ends in a moment which is not over yet would seem to fall. */
  function unlessUnfinished(values) {
    const before = values.slice(0, -1);
    return before.some((value) => value > 0) ? [...before, null] : values;
  }

  /** What is drawn as it is seen: the history has it not, or not yet. */
  function isSeen({ lives, lines }) {
    return lives === true && !(data && lines.every(([key]) => data[key].some((value) => value !== null)));
  }

  function valuesOf(chart) {
    const { lines, whole } = chart;
    if (!isSeen(chart)) {
      if (!data) return null;
      return [data.times, ...lines.map(([key]) => (whole ? unlessUnfinished(data[key]) : data[key]))];
    }
    const kept = samples();
    return [kept.map(({ at }) => at), ...lines.map(([key]) => kept.map((sample) => sample[key]))];
  }

  /** Whoever compares a chart with a log compares in UTC. */
  const clock = (at, length) => new Date(at * 1_000).toISOString().slice(11, 11 + length);
  const moment = (at) => `${new Date(at * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;

  /** From a moment to the last that was seen, however few there are. */
  function liveRange() {
    const kept = samples();
    const last = kept.at(-1)?.at ?? Math.round(Date.now() / 1_000);
    return [Math.min(kept[0]?.at ?? last, last - LIVE_SPAN), last];
  }

  function optionsOf(chart, width) {
    const { lines, write, marks, least = 1, bars, dots, lives, whole } = chart;
    const seen = isSeen(chart);
    const muted = color("--muted");
    const axis = { stroke: muted, ticks: { show: false }, font: "12px system-ui" };
    const series = lines.map(([key, label, token]) => ({
      label,
      stroke: color(token),
      fill: color(token, bars ? 1 : 0.08),
      width: bars ? 0 : 1.75,
      points: { show: dots === true, size: 4, fill: color(token) },
      spanGaps: lives === true,
      paths: bars ? uPlot.paths.bars({ size: [0.7, 14] }) : undefined,
      value: (_, value, __, index) =>
        write(index === null ? null : lives || whole ? value : data[key][index]),
    }));
    return {
      width,
      height: HEIGHT,
      padding: [10, 18, 0, 0],
      tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), "Etc/UTC"),
      cursor: {
        points: { size: 7 },
        sync: seen ? undefined : { key: "history" },
        drag: { x: false, y: false },
      },
      scales: {
        x: { range: seen ? liveRange : (_, first, last) => [first, last] },
        y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : least] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 64,
          size: 28,
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 180, 240].map((minutes) => minutes * 60),
          values: (_, values) => values.map((at) => clock(at, 5)),
        },
        {
          ...axis,
          grid: { stroke: color("--line"), width: 1 },
          size: 52,
          space: 36,
          ...(marks && { incrs: marks }),
          values: (_, values) => values.map(write),
        },
      ],
      series: [
        { label: "At", value: (_, at) => (at === null ? "–" : moment(at)) },
        ...(bars ? series.toReversed() : series),
      ],
    };
  }

  /** Each bar with those that are under it, the highest first: what is drawn later is in front. */
  function stack([times, ...columns]) {
    const heights = columns.map((_, place) =>
      times.map((__, index) => columns.slice(0, place + 1).reduce((sum, column) => sum + column[index], 0)),
    );
    return [times, ...heights.toReversed()];
  }

  function draw(name) {
    const chart = CHARTS[name];
    const values = valuesOf(chart);
    const plot = part("chart", name);
    if (!values || !plot) return;
    if (chart.lives) part("note", name).textContent = isSeen(chart) ? SEEN : "";
    const shown = chart.bars ? stack(values) : values;
    if (drawn.has(name)) drawn.get(name).setData(shown);
    else drawn.set(name, new uPlot(optionsOf(chart, plot.clientWidth), shown, plot));
    plot.closest("section").setAttribute("aria-busy", "false");
    writeTable(name, chart, values);
  }

  /** At most a dozen rows: the last of them is now. */
  function writeTable(name, { lines, write }, [times, ...columns]) {
    const step = Math.max(1, Math.ceil(times.length / 12));
    const table = document.createElement("table");
    table.createCaption().textContent = part("chart", name)
      .closest("section")
      .querySelector("h2").textContent;
    const head = table.createTHead().insertRow();
    for (const label of ["Time", ...lines.map(([, label]) => label)]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = label;
      head.append(cell);
    }
    const body = table.createTBody();
    for (let index = (times.length - 1) % step; index < times.length; index += step) {
      const row = body.insertRow();
      row.insertCell().textContent = moment(times[index]);
      for (const column of columns) row.insertCell().textContent = write(column[index]);
    }
    part("table", name).replaceChildren(table);
  }

  function note(text) {
    for (const [name, { lives }] of Object.entries(CHARTS)) if (!lives) part("note", name).textContent = text;
  }

  async function load() {
    if (root.dataset.charts === "") return;
    try {
      const response = await fetch(root.dataset.charts, { headers: { accept: "application/json" } });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const seen = Object.values(CHARTS).filter(isSeen).length;
      data = await response.json();
      // What was drawn as it was seen may have a history now.
      if (Object.values(CHARTS).filter(isSeen).length !== seen) clear();
      note(data.every === 1 ? "" : `An estimate, from one minute in ${data.every}: a queue alone has all.`);
      for (const name of Object.keys(CHARTS)) draw(name);
      for (const [name, { lines, lives }] of Object.entries(CHARTS)) {
        if (lives || lines.some(([key]) => data[key].some((value) => value > 0))) continue;
        part("note", name).textContent = EMPTY[name];
      }
    } catch {
      note("The data did not come: it is asked for again in a minute.");
    }
  }

  function clear() {
    for (const plot of drawn.values()) plot.destroy();
    drawn.clear();
  }

  function redraw() {
    clear();
    for (const name of Object.keys(CHARTS)) draw(name);
  }

  new ResizeObserver(() => {
    for (const [name, plot] of drawn)
      plot.setSize({ width: part("chart", name).clientWidth, height: HEIGHT });
  }).observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.addEventListener("htmx:after:swap", takeSample);
  for (const select of document.querySelectorAll(".range-form select")) {
    select.form.querySelector("button").hidden = true;
    select.addEventListener("change", () => select.form.submit());
  }
  takeSample();
  load();
  setInterval(() => {
    if (!document.hidden && sessionStorage.getItem("omniq-paused") !== "1") load();
  }, EVERY);
})();

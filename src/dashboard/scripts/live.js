/* Keeps what is live up to date: while the page is seen, nobody has paused it, and nothing in it is being used. */
(() => {
  const PAUSED = "omniq-paused";
  const [toggle] = document.querySelectorAll("[data-live-toggle]");
  let isPaused = sessionStorage.getItem(PAUSED) === "1";

  const parts = () => document.querySelectorAll("[data-live]");

  /** Says in the button how things are. */
  function show(isStale = false) {
    if (!toggle) return;
    toggle.hidden = parts().length === 0;
    toggle.setAttribute("aria-pressed", String(!isPaused));
    toggle.classList.toggle("stale", isStale && !isPaused);
    const label = toggle.querySelector("[data-live-label]");
    label.textContent = isPaused ? "Paused" : isStale ? "No answer" : "Live";
  }

  /** A form that somebody has opened would close under their hands. */
  const isUsed = (part) =>
    part.querySelector("details.confirm[open]") !== null ||
    Array.from(part.querySelectorAll("input, select, textarea")).some(
      (field) =>
        field === document.activeElement ||
        (field.defaultValue !== undefined && field.value !== field.defaultValue),
    );

  let asked = Date.now();
  function refresh() {
    if (isPaused || document.hidden) return;
    asked = Date.now();
    for (const part of parts()) {
      if (isUsed(part)) continue;
      part.dispatchEvent(new CustomEvent("refresh"));
    }
  }

  toggle?.addEventListener("click", () => {
    isPaused = !isPaused;
    sessionStorage.setItem(PAUSED, isPaused ? "1" : "0");
    show();
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  // A part whose answer is a fault stays as it was.
  document.addEventListener("htmx:finally:request", ({ detail }) => {
    show(!(detail.ctx.response?.status < 400));
  });

  /** A panel closes as a menu does: by Escape, and by a click beside it. */
  const OPEN = "details.confirm[open], details.time-range[open]";
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const panel of document.querySelectorAll(OPEN)) {
      panel.open = false;
      panel.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", ({ target }) => {
    for (const panel of document.querySelectorAll(OPEN)) if (!panel.contains(target)) panel.open = false;
  });

  // On a phone the menu and the tabs are longer than the screen is wide.
  for (const link of document.querySelectorAll("nav [aria-current]")) {
    const row = link.closest("nav");
    if (row.scrollWidth > row.clientWidth) {
      row.scrollLeft += link.getBoundingClientRect().left - row.getBoundingClientRect().left - 40;
    }
  }

  show();
  // How often is said by what is shown: a task that has ended since is asked for less often.
  setInterval(() => {
    const every = Math.min(...Array.from(parts(), (part) => Number(part.dataset.live)));
    if (Date.now() - asked >= every) refresh();
  }, 1_000);
})();

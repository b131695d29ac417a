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

  function refresh() {
    if (isPaused || document.hidden) return;
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
  document.addEventListener("htmx:error", () => show(true));
  document.addEventListener("htmx:response:error", () => show(true));
  document.addEventListener("htmx:after:swap", () => show());
  show();
  const every = Math.min(...Array.from(parts(), (part) => Number(part.dataset.live)));
  if (Number.isFinite(every)) setInterval(refresh, every);
})();

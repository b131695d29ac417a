/* Keeps the page's address where a bulk operation has come to, so that it can be left and taken up; tells of a step that failed. */
(() => {
  function note() {
    const part = document.querySelector("#bulk[data-address]");
    if (part) history.replaceState(null, "", part.dataset.address);
  }
  document.addEventListener("htmx:after:swap", note);
  note();

  document.addEventListener("htmx:finally:request", ({ detail }) => {
    const part = document.querySelector("#bulk");
    const status = detail.ctx.response?.status;
    part?.querySelector(".notice")?.remove();
    if (!part || status < 400) return;
    const told = document.createElement("p");
    told.className = "notice fault";
    told.setAttribute("role", "alert");
    told.textContent = `${status === undefined ? "The server did not answer" : `The server answered with ${status}`}: this step is not known to be done. Press the button again, which does nothing twice.`;
    part.append(told);
  });
})();

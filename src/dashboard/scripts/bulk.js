/* Keeps the page's address where a bulk operation has come to, so that it can be left and taken up. */
(() => {
  function note() {
    const part = document.querySelector("#bulk[data-address]");
    if (part) history.replaceState(null, "", part.dataset.address);
  }
  document.addEventListener("htmx:after:swap", note);
  note();
})();

// Before the first paint, so that a dark screen never flashes white. Kept apart from the bundle for the sake of a strict CSP.
(() => {
  const chosen = localStorage.getItem("forestay.theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();

// Runs before the first paint: marks that JavaScript works, and applies the chosen theme ("light", "dark",
// or nothing for the system's own). Without it the stylesheet follows the system by itself.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let choice = null;
    try { choice = localStorage.getItem("theme"); } catch { /* storage may be switched off */ }
    if (choice !== "light" && choice !== "dark") choice = dark.matches ? "dark" : "light";
    root.dataset.bsTheme = choice;
  };
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("clawback:theme", apply);
})();

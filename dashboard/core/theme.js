// Sets the chosen theme before the first paint; without a choice the system's is followed.
(() => {
  try {
    const theme = localStorage.getItem("muster.theme");
    if (theme) document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's theme is then the only one.
  }
})();

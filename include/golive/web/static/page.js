"use strict";

// Inside Airflow's frame the theme is the outer page's; alone it is the reader's own.
const outer = window.parent === window ? null : window.parent;
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

function setTheme() {
  let dark = prefersDark.matches;
  try {
    if (outer) dark = outer.document.documentElement.classList.contains("dark");
  } catch { /* a frame of another origin keeps its theme to itself */ }
  document.documentElement.classList.toggle("dark", dark);
}

setTheme();
prefersDark.addEventListener("change", setTheme);
try {
  if (outer) new MutationObserver(setTheme).observe(outer.document.documentElement, { attributeFilter: ["class"] });
} catch { /* as above */ }

// The frame may not open windows nor load the outer page: its router is told where to go.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-airflow]");
  if (!link || !outer || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  outer.history.pushState({}, "", link.getAttribute("href"));
  outer.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
});

// While the run goes on, the page takes its own newer content; what was unfolded and scrolled to stays.
async function refresh() {
  const page = document.getElementById("page");
  const seconds = Number(page.dataset.refresh);
  if (!seconds) return;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  if (!document.hidden && !window.getSelection().toString()) {
    try {
      const answer = await fetch(window.location.href, { credentials: "same-origin" });
      if (answer.ok) {
        const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const kept of page.querySelectorAll("details[id]")) {
          const same = newer.getElementById(kept.id);
          if (same) same.open = kept.open;
        }
        document.title = newer.title;
        page.replaceWith(document.adoptNode(newer.getElementById("page")));
      }
    } catch { /* the server is away for a moment: the next turn asks again */ }
  }
  refresh();
}

refresh();

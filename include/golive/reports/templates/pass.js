"use strict";

// What colours a picture is the page's style, so light, dark and paper need no other picture.
for (const place of document.querySelectorAll("[data-picture]")) {
  const figure = JSON.parse(document.getElementById(place.dataset.picture).textContent);
  const fitted = () => {
    for (const each of place.querySelectorAll(".main-svg")) {
      each.setAttribute("viewBox", `0 0 ${each.getAttribute("width")} ${each.getAttribute("height")}`);
      each.setAttribute("preserveAspectRatio", "xMinYMin meet");
    }
  };
  place.hidden = false;
  Plotly.newPlot(place, figure.data, figure.layout, { displayModeBar: false, responsive: true }).then(() => {
    fitted();
    place.on("plotly_afterplot", fitted);
  });
}

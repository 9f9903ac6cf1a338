// What the page offers here (bot/web/page.py).

export const options = JSON.parse(document.getElementById("options").textContent);

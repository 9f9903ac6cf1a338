// What the page offers here (bot/web.py).

export const options = JSON.parse(document.getElementById("options").textContent);

// Features that this site offers to the page (PageOptions in bot/web/page.py).

export const options = JSON.parse(document.getElementById("options").textContent);

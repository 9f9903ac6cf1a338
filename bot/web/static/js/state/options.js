// Features that this site offers to the page (PageOptions in bot/web/page.py).

/**
 * tiles is the URL template of the map's tiles, or empty; parts are the optional parts of this site.
 * @typedef {{
 *   originals: boolean,
 *   tiles: string,
 *   attribution: string,
 *   max_upload_bytes: number,
 *   parts: string[],
 * }} Options
 */

/** @type {Options} */
export const options = JSON.parse(document.getElementById("options")?.textContent ?? "");

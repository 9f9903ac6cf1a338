// Ways to give photos: drop or paste, choose files, take one with the camera. One is a question, several join the album.

import { byId } from "./dom.js";
import { toast } from "./toast.js";
import { t } from "./i18n.js";

const BY_NAME = /\.(jpe?g|png|webp|heic|heif|avif|tiff?|gif|bmp)$/i;
// Some systems know no media type for HEIC, so the name counts too.
export const isPicture = (file) => file.type.startsWith("image/") || BY_NAME.test(file.name);

/** ask(file) takes a photo as the question, add(files) takes photos for the album. */
export function listenForPhotos({ ask, add }) {
  const pictures = (files) => {
    const found = [...files].filter(isPicture);
    if (!found.length) toast(t("not_a_file"));
    else if (found.length < files.length) toast(t("some_no_pictures"));
    return found;
  };
  const askOne = (files) => {
    const found = pictures(files);
    if (found.length > 1) toast(t("one_photo_at_once"));
    if (found.length) ask(found[0]);
  };
  const addAll = (files) => {
    const found = pictures(files);
    if (found.length) add(found);
  };

  for (const [button, input, take] of [["choose-photo", "photo-file", askOne], ["take-photo", "camera-file", askOne], ["add-photos", "album-files", addAll]]) {
    byId(button).addEventListener("click", () => byId(input).click());
    byId(input).addEventListener("change", (event) => {
      if (event.target.files.length) take([...event.target.files]);
      // The same file can be chosen again.
      event.target.value = "";
    });
  }

  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("#chat") || !event.clipboardData?.files.length) return;
    event.preventDefault();
    askOne(event.clipboardData.files);
  });
  listenForDrops({ ask: askOne, add: addAll });
}

/** While files are over the page it is two halves: one asks, the other adds. */
function listenForDrops({ ask, add }) {
  const place = byId("drop");
  let inside = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && !event.target.closest?.("#chat");
  const adds = (event) => event.clientX > innerWidth / 2;
  const show = (shown) => { place.hidden = !shown; };
  const mark = (event) => place.classList.toggle("adds", adds(event));
  addEventListener("dragenter", (event) => { if (carriesFiles(event)) { inside += 1; show(true); mark(event); } });
  addEventListener("dragleave", (event) => { if (carriesFiles(event)) { inside = Math.max(0, inside - 1); show(inside > 0); } });
  addEventListener("dragover", (event) => { if (carriesFiles(event)) { event.preventDefault(); mark(event); } });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    inside = 0;
    show(false);
    (adds(event) ? add : ask)(event.dataTransfer.files);
  });
}

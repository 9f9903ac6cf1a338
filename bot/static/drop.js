// Four ways to give a photo: drop, paste, choose a file, take one with the camera.

import { byId } from "./elements.js";
import { toast } from "./toast.js";
import { t } from "./words.js";

const BY_NAME = /\.(jpe?g|png|webp|heic|heif|avif|tiff?|gif|bmp)$/i;
// Some systems know no media type for HEIC, so the name counts too.
export const isPicture = (file) => file.type.startsWith("image/") || BY_NAME.test(file.name);

export function listenForPhotos(give) {
  const take = (files) => {
    const pictures = [...files].filter(isPicture);
    if (!pictures.length) return toast(t("not_a_file"));
    if (pictures.length > 1) toast(t("one_photo_at_once"));
    return give(pictures[0]);
  };

  for (const [button, input] of [["choose-photo", "photo-file"], ["take-photo", "camera-file"]]) {
    byId(button).addEventListener("click", () => byId(input).click());
    byId(input).addEventListener("change", (event) => {
      if (event.target.files.length) take(event.target.files);
      // The same file can be chosen again.
      event.target.value = "";
    });
  }

  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      take(event.clipboardData.files);
    }
  });

  let inside = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (shown) => { byId("drop").hidden = !shown; };
  addEventListener("dragenter", (event) => { if (carriesFiles(event)) { inside += 1; show(true); } });
  addEventListener("dragleave", (event) => { if (carriesFiles(event)) { inside = Math.max(0, inside - 1); show(inside > 0); } });
  addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    inside = 0;
    show(false);
    take(event.dataTransfer.files);
  });
}

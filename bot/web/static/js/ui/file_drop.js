// Photo input by drag and drop, paste, file dialogs and camera, to search by a photo or to add photos to the album.

import { byId } from "./dom.js";
import { toast } from "./toast.js";
import { t } from "./i18n.js";

const PICTURE_NAME = /\.(jpe?g|png|webp|heic|heif|avif|tiff?|gif|bmp)$/i;
// Some systems report no media type for HEIC, so the file name counts too.
export const isPicture = (file) => file.type.startsWith("image/") || PICTURE_NAME.test(file.name);

/**
 * Listen for photos from all sources on the page.
 * @param {{ ask: (photo: File) => void, add: (photos: File[]) => void }} handlers ask searches by one photo, add adds
 *   photos to the album
 */
export function listenForPhotos({ ask, add }) {
  const picturesIn = (files) => {
    const pictures = [...files].filter(isPicture);
    if (!pictures.length) toast(t("not_a_file"));
    else if (pictures.length < files.length) toast(t("some_no_pictures"));
    return pictures;
  };
  const askOne = (files) => {
    const pictures = picturesIn(files);
    if (pictures.length > 1) toast(t("one_photo_at_once"));
    if (pictures.length) ask(pictures[0]);
  };
  const addAll = (files) => {
    const pictures = picturesIn(files);
    if (pictures.length) add(pictures);
  };

  for (const [button, input, handle] of [
    ["choose-photo", "photo-file", askOne],
    ["take-photo", "camera-file", askOne],
    ["add-photos", "album-files", addAll],
  ]) {
    byId(button).addEventListener("click", () => byId(input).click());
    byId(input).addEventListener("change", (event) => {
      if (event.target.files.length) handle([...event.target.files]);
      // So that choosing the same file again fires another change event.
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

/** While files are dragged over it, the page has two halves: the left one searches, the right one adds. */
function listenForDrops({ ask, add }) {
  const overlay = byId("drop");
  // dragenter and dragleave fire for every element below the pointer, so count them.
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && !event.target.closest?.("#chat");
  const isAdding = (event) => event.clientX > innerWidth / 2;
  const show = (shown) => {
    overlay.hidden = !shown;
  };
  const mark = (event) => overlay.classList.toggle("adding", isAdding(event));
  addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) {
      depth += 1;
      show(true);
      mark(event);
    }
  });
  addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) {
      depth = Math.max(0, depth - 1);
      show(depth > 0);
    }
  });
  addEventListener("dragover", (event) => {
    if (carriesFiles(event)) {
      event.preventDefault();
      mark(event);
    }
  });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    (isAdding(event) ? add : ask)(event.dataTransfer.files);
  });
}

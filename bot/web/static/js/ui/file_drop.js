// Photo input by drag and drop, paste, file dialogs and camera, to search by a photo or to add photos to the album.

import { byId, targetOf } from "./dom.js";
import { toast } from "./toast.js";
import { t } from "./i18n.js";

const PICTURE_NAME = /\.(jpe?g|png|webp|heic|heif|avif|tiff?|gif|bmp)$/i;
// Some systems report no media type for HEIC, so the file name counts too.
/** @param {File} file */
export const isPicture = (file) => file.type.startsWith("image/") || PICTURE_NAME.test(file.name);

/**
 * Listen for photos from all sources on the page.
 * @param {{ ask: (photo: File) => void, add: (photos: File[]) => void }} handlers ask searches by one photo, add adds
 *   photos to the album
 */
export function listenForPhotos({ ask, add }) {
  /** @param {Iterable<File>} files */
  const picturesIn = (files) => {
    const all = [...files];
    const pictures = all.filter(isPicture);
    if (!pictures.length) toast(t("not_a_file"));
    else if (pictures.length < all.length) toast(t("some_no_pictures"));
    return pictures;
  };
  /** @param {Iterable<File>} files */
  const askOne = (files) => {
    const pictures = picturesIn(files);
    if (pictures.length > 1) toast(t("one_photo_at_once"));
    if (pictures.length) ask(pictures[0]);
  };
  /** @param {Iterable<File>} files */
  const addAll = (files) => {
    const pictures = picturesIn(files);
    if (pictures.length) add(pictures);
  };

  const listen = (
    /** @type {string} */ button,
    /** @type {HTMLInputElement} */ input,
    /** @type {typeof askOne} */ handle,
  ) => {
    byId(button).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      if (input.files?.length) handle([...input.files]);
      // So that choosing the same file again fires another change event.
      input.value = "";
    });
  };
  listen("choose-photo", byId("photo-file"), askOne);
  listen("take-photo", byId("camera-file"), askOne);
  listen("add-photos", byId("album-files"), addAll);

  document.addEventListener("paste", (event) => {
    if (targetOf(event).closest?.("#chat") || !event.clipboardData?.files.length) return;
    event.preventDefault();
    askOne(event.clipboardData.files);
  });
  listenForDrops({ ask: askOne, add: addAll });
}

/**
 * While files are dragged over it, the page has two halves: the left one searches, the right one adds.
 * @param {{ ask: (files: FileList) => void, add: (files: FileList) => void }} handlers
 */
function listenForDrops({ ask, add }) {
  const overlay = byId("drop");
  // dragenter and dragleave fire for every element below the pointer, so count them.
  let depth = 0;
  const filesOf = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes("Files") && !targetOf(event).closest?.("#chat")
      ? event.dataTransfer.files
      : null;
  /** @param {DragEvent} event */
  const isAdding = (event) => event.clientX > innerWidth / 2;
  /** @param {boolean} shown */
  const show = (shown) => {
    overlay.hidden = !shown;
  };
  /** @param {DragEvent} event */
  const mark = (event) => overlay.classList.toggle("adding", isAdding(event));
  addEventListener("dragenter", (event) => {
    if (filesOf(event)) {
      depth += 1;
      show(true);
      mark(event);
    }
  });
  addEventListener("dragleave", (event) => {
    if (filesOf(event)) {
      depth = Math.max(0, depth - 1);
      show(depth > 0);
    }
  });
  addEventListener("dragover", (event) => {
    if (filesOf(event)) {
      event.preventDefault();
      mark(event);
    }
  });
  addEventListener("drop", (event) => {
    const files = filesOf(event);
    if (!files) return;
    event.preventDefault();
    depth = 0;
    show(false);
    (isAdding(event) ? add : ask)(files);
  });
}

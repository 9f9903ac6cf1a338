// What this tab keeps through a reload, and forgets when it is closed.

import { storeIn } from "./stored.js";

export const { recall, keep } = storeIn(() => sessionStorage);

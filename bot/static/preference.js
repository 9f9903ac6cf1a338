// What a person prefers in this browser, until they choose otherwise.

import { storeIn } from "./stored.js";

export const { recall: preferred, keep: prefer } = storeIn(() => localStorage);

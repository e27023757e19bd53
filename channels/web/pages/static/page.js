// The chat page: whoever opens it wants to write.

import { focus } from "./chat.js";

focus();

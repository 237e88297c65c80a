/** One end of a dialog: core/testing has it, for authors' tests and for these. */
import { answer, DialogSide, type Endpoint, message, uriOf } from "../../core/testing/dialog.ts";

export type { Endpoint };
export { answer, DialogSide, message, uriOf };

/** The instance itself. */

import * as os from "./os";

/** End the instance with this status (0-255). Nothing after it runs. */
export function exit(status: i32): void {
  os.exit(status);
}

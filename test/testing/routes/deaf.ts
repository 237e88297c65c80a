/** A script that knows nobody, for the tests of the testing kit. */
import { defineRoutes, reply } from "sipwright";

export default defineRoutes({ onRequest: () => reply(404) });

/** Loaded before a file of tests: `sipwright/test` is the kit of the sipwright that runs them, wherever they are. */
import { registerHooks } from "node:module";
import { extname } from "node:path";

const KIT = new URL(`./kit${extname(import.meta.url)}`, import.meta.url).href;

registerHooks({
	resolve: (specifier, context, next) =>
		specifier === "sipwright/test" ? { url: KIT, shortCircuit: true } : next(specifier, context),
});

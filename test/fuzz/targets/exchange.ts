/**
 * The whole core: RFC 3261 §16 and §17, §10.3. Random histories of requests, answers, repeats, broken
 * messages, lost connections, look-ups and scripts; nothing throws, and everything comes to an end.
 */
import { anyHistory, type History } from "../exchange/steps.ts";
import { World } from "../exchange/world.ts";
import { target } from "../target.ts";

export const exchange = target<History>({
	name: "exchange",
	share: 15,
	words: ["do", "kind", "order", "op", "callee"],
	make: anyHistory,
	check(history) {
		const world = new World(history);
		for (const step of history.steps) world.take(step);
		world.finish();
	},
});

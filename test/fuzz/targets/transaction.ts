/** Transactions: RFC 3261 §17. Random histories of messages, timers, failures and what a user of any manners does with them. */

import { target } from "../target.ts";
import { anyHistory, type History } from "../transaction/steps.ts";
import { TransactionWorld } from "../transaction/world.ts";

export const transaction = target<History>({
	name: "transaction",
	share: 25,
	words: ["do", "method", "transport"],
	make: anyHistory,
	check({ limit, reactions, steps }) {
		const world = new TransactionWorld(limit, reactions);
		for (const step of steps) world.take(step);
		world.finish();
	},
});

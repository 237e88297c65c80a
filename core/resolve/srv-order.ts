/** The order in which SRV targets are tried: RFC 2782, "Priority", "Weight" and the usage rules. */
import type { Random } from "../base/random.ts";
import type { SrvRecord } from "./dns.ts";

/** Lower priorities first; inside one, drawn by weight without putting back. */
export function orderSrv(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
	const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
	return priorities.flatMap((priority) =>
		drawn(
			records.filter((record) => record.priority === priority),
			random,
		),
	);
}

/** Records of weight 0 stand first, so that they keep a small chance. */
function drawn(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
	const left = [...records].sort((a, b) => Math.sign(a.weight) - Math.sign(b.weight));
	const order: SrvRecord[] = [];
	while (left.length > 0) {
		const sum = left.reduce((total, { weight }) => total + weight, 0);
		let rest = random.below(sum + 1);
		let index = 0;
		for (const { weight } of left) {
			rest -= weight;
			if (rest <= 0) break;
			index += 1;
		}
		order.push(...left.splice(Math.min(index, left.length - 1), 1));
	}
	return order;
}

/** All fuzz targets. */
import type { Target } from "./target.ts";
import { exchange } from "./targets/exchange.ts";
import { framing } from "./targets/framing.ts";
import { leg } from "./targets/leg.ts";
import { message } from "./targets/message.ts";
import { transaction } from "./targets/transaction.ts";
import { uri } from "./targets/uri.ts";
import { value } from "./targets/value.ts";

export const targets: readonly Target[] = [
	message,
	uri,
	value,
	framing,
	leg,
	transaction,
	exchange,
];

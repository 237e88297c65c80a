/** What a test opened is closed when it ends, the last first, each of it even when another fails to close. */
import type { TestContext } from "node:test";

type Close = () => unknown;

const pending = new WeakMap<TestContext, Close[]>();

/** Returns what it was given, so that opening and closing stand in one line. */
export function closing<T>(t: TestContext, opened: T, close: (opened: T) => unknown): T {
	const closes = pending.get(t) ?? start(t);
	closes.push(() => close(opened));
	return opened;
}

function start(t: TestContext): Close[] {
	const closes: Close[] = [];
	pending.set(t, closes);
	t.after(async () => {
		const failures: unknown[] = [];
		for (const close of closes.toReversed()) {
			try {
				await close();
			} catch (error) {
				failures.push(error);
			}
		}
		if (failures.length > 0) throw failures[0];
	});
	return closes;
}

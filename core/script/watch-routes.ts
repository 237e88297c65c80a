/** The watcher of the configured routes: of a script's folder, and of nothing where there is none. */
import type { Log } from "../base/log.ts";
import { folderOf } from "./find-entry.ts";
import { Watcher } from "./watcher.ts";

export type WatchOptions = {
	readonly watch: boolean;
	readonly entry: string | undefined;
	readonly state: string;
	readonly log: Log;
	readonly pollMs?: number;
};

export async function watchRoutes(
	options: WatchOptions,
	changed: () => void,
): Promise<Watcher | undefined> {
	const { entry, state, log, pollMs = Infinity } = options;
	if (!options.watch || entry === undefined) return undefined;
	const folder = await folderOf(entry);
	const failed = ({ message: reason }: Error) =>
		log.error(
			{ event: "routes.not-watched", folder, reason },
			"changes of the routes may be missed",
		);
	return Watcher.open({ folder, except: state, pollMs }, { changed, failed });
}

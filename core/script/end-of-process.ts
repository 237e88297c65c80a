/**
 * How a process that has opened isolates ends. When it has run out of work, Node takes its own V8
 * apart; a collection at that time finds objects of isolated-vm, which look for their environment,
 * and that is gone: once in some tens of ends the process aborted (`environment != nullptr`).
 * `process.exit` leaves V8 as it is.
 */
let registered = false;
let thrown = false;

/** The exit code, and what others do at the exit, stay as they are: they were here first. */
export function endWithoutTeardown(): void {
	if (registered) return;
	registered = true;
	// Node tells of what nobody caught after the exit handlers, and then ends the same way by itself.
	process.on("uncaughtExceptionMonitor", () => {
		thrown ||= process.listenerCount("uncaughtException") === 0;
	});
	process.on("exit", () => {
		if (!thrown) process.exit();
	});
}

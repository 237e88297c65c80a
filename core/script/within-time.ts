/** A step of a load that must end: the promise, or an error once its time is over. */
export async function withinTime<T>(
	work: Promise<T>,
	milliseconds: number,
	late: () => Error,
): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const deadline = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(late()), milliseconds);
	});
	try {
		return await Promise.race([work, deadline]);
	} finally {
		clearTimeout(timer);
	}
}

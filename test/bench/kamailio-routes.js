// The routing of kamailio.cfg in JavaScript, for Kamailio's app_jsdt. `CALLEE` is replaced before it is loaded.

// biome-ignore lint/correctness/noUnusedVariables: Kamailio calls it by name.
function ksr_request_route() {
	if (KSR.maxfwd.process_maxfwd(10) < 0) KSR.sl.sl_send_reply(483, "Too Many Hops");
	else if (KSR.siputils.has_totag() > 0) inDialog();
	else if (!KSR.is_CANCEL()) newDialog();
	else if (KSR.tm.t_check_trans() > 0) KSR.tm.t_relay();
}

function inDialog() {
	if (KSR.rr.loose_route() > 0) KSR.tm.t_relay();
	else if (!KSR.is_ACK()) KSR.sl.sl_send_reply(404, "Not here");
	else if (KSR.tm.t_check_trans() > 0) KSR.tm.t_relay();
}

function newDialog() {
	KSR.tm.t_check_trans();
	KSR.rr.record_route();
	if (KSR.pv.get("$rU") === "5000") {
		KSR.pv.sets("$ru", "CALLEE");
		KSR.tm.t_relay();
	} else {
		KSR.sl.sl_send_reply(404, "Not Found");
	}
}

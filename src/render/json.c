#include "asmo/render.h"

#include "base/json.h"
#include "render/discord.h"

void render_report_json(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style)
{
	(void)style;
	if (count != 1)
		buf_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ',');
		record_write(out, &digest_record, &digests[i]);
	}
	if (count != 1)
		buf_add_char(out, ']');
}

static void add_bool(struct buf *out, const char *name, bool value)
{
	buf_printf(out, "\"%s\":%s", name, value ? "true" : "false");
}

static void add_string(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "\"%s\":", name);
	json_write_string(out, value);
}

static void add_number(struct buf *out, const char *name, double value, int decimals)
{
	buf_printf(out, "\"%s\":", name);
	json_write_number(out, value, decimals);
}

static double fullest_disk(const struct snapshot *s)
{
	double fullest = MISSING;

	for (size_t i = 0; i < s->disk_count; i++)
		fullest = fmax(fullest, s->disks[i].used_percent);
	return fullest;
}

static void add_summary(struct buf *out, const struct outcome *o)
{
	const struct snapshot *s = o->snapshot;
	const struct {
		const char *name;
		double value;
		int decimals;
	} numbers[] = {
		{"cpu_percent", s->cpu_percent, 1},
		{"ram_percent", s->ram_percent, 1},
		{"disk_max_percent", fullest_disk(s), 1},
		{"containers_total", s->containers_total, 0},
		{"containers_running", s->containers_running, 0},
		{"containers_stopped", s->containers_stopped, 0},
		{"containers_unhealthy", s->containers_unhealthy, 0},
		{"critical", (double)s->alert.critical_issues.count, 0},
		{"warnings", (double)s->alert.warnings.count, 0},
		{"duration_seconds", o->duration_seconds, 2},
	};

	buf_add_string(out, "\"summary\":{");
	add_string(out, "server", s->server);
	buf_add_char(out, ',');
	add_string(out, "timestamp", s->timestamp);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		buf_add_char(out, ',');
		add_number(out, numbers[i].name, numbers[i].value, numbers[i].decimals);
	}
	buf_add_string(out, "},");
}

static void add_history(struct buf *out, const struct outcome *o)
{
	buf_add_string(out, "\"history\":{");
	add_string(out, "file", o->history_file);
	buf_add_char(out, ',');
	add_number(out, "snapshots", o->is_stored ? (double)o->history.snapshots : MISSING, 0);
	buf_add_char(out, ',');
	add_bool(out, "stored", o->is_stored);
	if (o->history.was_damaged) {
		buf_add_char(out, ',');
		add_string(out, "damaged_kept_as", o->history.kept_as);
		buf_add_char(out, ',');
		add_number(out, "salvaged", (double)o->history.readable, 0);
	}
	buf_add_string(out, "},");
}

/* `{"discord":{"host":"discord.com","delivered":true,"reason":null}}`; not there when nothing is to be sent
 * by this run. */
static void add_deliveries(struct buf *out, const struct outcome *o)
{
	static const char *const words[] = {"false", "true"};

	buf_add_string(out, ",\"send\":{");
	for (size_t i = 0; i < o->delivery_count; i++) {
		const struct delivery *d = &o->deliveries[i];

		buf_printf(out, "%s\"%s\":{", i ? "," : "", d->key);
		add_string(out, "host", d->host);
		buf_printf(out, ",\"delivered\":%s,",
			d->is_delivered == FLAG_UNKNOWN ? "null" : words[d->is_delivered]);
		add_string(out, "reason", d->reason[0] ? d->reason : NULL);
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
}

/* `{"file":"/var/lib/.../asmo.prom","written":true,"reason":null}`; not there without prometheus_file. */
static void add_metrics_file(struct buf *out, const struct outcome *o)
{
	buf_add_string(out, ",\"prometheus\":{");
	add_string(out, "file", o->metrics_file);
	buf_add_char(out, ',');
	add_bool(out, "written", !o->metrics_error);
	buf_add_char(out, ',');
	add_string(out, "reason", o->metrics_error);
	buf_add_char(out, '}');
}

/* Sources that could not be read; not there when all could. */
static void add_problems(struct buf *out, const struct strings *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		buf_add_string(out, i ? "," : ",\"problems\":[");
		json_write_string(out, problems->items[i]);
	}
	if (problems->count)
		buf_add_char(out, ']');
}

void render_outcome_json(struct buf *out, const struct outcome *outcome, const struct render_style *style)
{
	const struct snapshot *s = outcome->snapshot;
	bool is_critical = s && s->alert.has_critical == FLAG_YES;
	bool is_news = s && s->alert.notify == FLAG_YES;

	buf_add_char(out, '{');
	add_bool(out, "success", !outcome->error);
	if (outcome->error) {
		buf_add_char(out, ',');
		add_string(out, "error", outcome->error);
	}
	if (s) {
		buf_add_char(out, ',');
		add_bool(out, "critical_alert", is_critical);
		buf_add_char(out, ',');
		add_bool(out, "notify", is_news);
		buf_add_char(out, ',');
		add_summary(out, outcome);
		buf_add_string(out, "\"alert\":");
		record_write(out, &alert_record, &s->alert);
		buf_add_string(out, ",\"docker\":");
		record_write(out, &engine_record, &s->docker);
		buf_add_char(out, ',');
		add_history(out, outcome);
		buf_add_string(out, "\"discord\":");
		if (is_critical || is_news)
			render_alert_discord(out, s, style->discord);
		else
			buf_add_string(out, "null");
		add_problems(out, &s->problems);
		if (outcome->metrics_file)
			add_metrics_file(out, outcome);
		if (outcome->is_sending)
			add_deliveries(out, outcome);
	}
	buf_add_char(out, '}');
}

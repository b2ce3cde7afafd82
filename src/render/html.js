// Sorts a table by the column whose header is pressed; pressed again, the other way round. What has no value
// comes last. Without this script the tables are as they are.
"use strict";

function valueOf(row, column, kind) {
	const cell = row.cells[column];
	if (kind === "text") // a mark's word is no part of the name behind it
		return Array.from(cell.childNodes, (n) => n.className === "unseen" ? "" : n.textContent).join("").trim().toLowerCase();
	return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
}

function compare(a, b) {
	if (a === null || b === null)
		return (a === null) - (b === null);
	return a < b ? -1 : a > b ? 1 : 0;
}

function sort(table, header) {
	const kind = header.dataset.sort, was = header.getAttribute("aria-sort");
	const first = kind === "text" ? "ascending" : "descending";
	const other = kind === "text" ? "descending" : "ascending";
	const direction = was === first ? other : first;
	const rows = Array.from(table.tBodies[0].rows, (row) => [valueOf(row, header.cellIndex, kind), row]);
	rows.sort(([a], [b]) => (a === null || b === null || direction === "ascending") ? compare(a, b) : compare(b, a));
	for (const th of header.parentNode.cells)
		th.removeAttribute("aria-sort");
	header.setAttribute("aria-sort", direction);
	table.tBodies[0].append(...rows.map(([, row]) => row));
}

for (const header of document.querySelectorAll("table.sortable th[data-sort]")) {
	const button = document.createElement("button");
	button.type = "button";
	button.append(...header.childNodes);
	button.addEventListener("click", () => sort(header.closest("table"), header));
	header.append(button);
}

// What the page of SQL needs of DuckDB, for one script: a database in a worker, and a reader of Parquet to fill it.
// DuckDB's own reader is an extension, which it would fetch from elsewhere.
import { AsyncDuckDB, VoidLogger } from "@duckdb/duckdb-wasm";
import { RecordBatchReader } from "apache-arrow";
import startReader, { readParquet } from "parquet-wasm/esm";

const [DATABASE, SCHEMA] = ["released", "marts"];
const name = (identifier) => `"${identifier.replaceAll('"', '""')}"`;
const text = (literal) => `'${literal.replaceAll("'", "''")}'`;

const fetched = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return new Uint8Array(await answer.arrayBuffer());
};

// `assets` is the address of the folder of this script.
const open = async (assets) => {
  // Both start from their bytes: not every server knows what kind of file this is, and a browser minds.
  const [engine, reader] = await Promise.all([fetched(`${assets}duckdb.wasm`), fetched(`${assets}parquet.wasm`)]);
  const address = URL.createObjectURL(new Blob([engine], { type: "application/wasm" }));
  const database = new AsyncDuckDB(new VoidLogger(), new Worker(`${assets}duckdb-worker.js`));
  await Promise.all([database.instantiate(address), startReader({ module_or_path: reader })]);
  URL.revokeObjectURL(address);
  const connection = await database.connect();
  // Extensions would come from elsewhere.
  await connection.query("set autoinstall_known_extensions = false");
  await connection.query("set autoload_known_extensions = false");
  await connection.query(`attach ':memory:' as ${DATABASE}`);
  await connection.query(`create schema ${DATABASE}.${SCHEMA}`);
  await connection.query(`use ${DATABASE}.${SCHEMA}`);
  await connection.query("set lock_configuration = true");
  return connection;
};

// The content of a mart's Parquet file, once `open` is through: its rows as Arrow, and what its schema says of them.
const read = (content) => {
  const stream = readParquet(content).intoIPCStream();
  const { fields, metadata } = RecordBatchReader.from(stream).open().schema;
  const described = fields.filter((field) => field.metadata.has("description"));
  return {
    stream,
    release: metadata.get("release_id"),
    comment: metadata.get("description") || "",
    comments: described.map((field) => [field.name, field.metadata.get("description")]),
  };
};

// Makes a table of what `read` gave, with the names, types and comments of the mart.
const put = async (connection, table, { stream, comment, comments }) => {
  await connection.insertArrowFromIPCStream(stream, { name: table, schema: SCHEMA, create: true });
  const told = comments.map(([column, about]) => `comment on column ${name(table)}.${name(column)} is ${text(about)}`);
  await connection.query([`comment on table ${name(table)} is ${text(comment)}`, ...told].join(";\n"));
};

globalThis.hasila = Object.assign(globalThis.hasila || {}, { open, read, put, fetched });

// Sends a campaign through nodemailer's pool, templates filled by replacing. Prints messages
// per second.
const fs = require("fs");
const nodemailer = require("nodemailer");

const [port, folder, messages, connections] = process.argv.slice(2);
const html = fs.readFileSync(`${folder}/html`, "utf8");
const text = fs.readFileSync(`${folder}/text`, "utf8");
const escaped = (value) =>
  value.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
const fill = (source, who, shown) =>
  source.replace(/\{\{(\w+)\}\}/g, (_, name) => shown(who[name]));

const pool = nodemailer.createTransport({
  pool: true,
  host: "127.0.0.1",
  port: Number(port),
  secure: false,
  ignoreTLS: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
});

async function send(number) {
  const link = `https://mail.example.com/u/${String(number).padStart(60, "0")}`;
  const who = {
    Email: `person${number}@people.example.com`,
    FirstName: `Ada ${number}`,
    LastName: "Löfgren",
    Company: "Harbour & Sons",
    City: "Malmö",
    Country: "Sweden",
    Unsubscribe: link,
  };
  await pool.sendMail({
    from: "Shop <news@shop.example.com>",
    to: who.Email,
    subject: `News for ${who.FirstName}`,
    messageId: `<${number}@shop.example.com>`,
    headers: { "List-Unsubscribe": `<${link}>` },
    text: fill(text, who, (value) => value),
    html: fill(html, who, escaped),
  });
}

async function main() {
  let next = 0;
  const work = async () => {
    while (next < Number(messages)) await send(next++);
  };
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: 2 * Number(connections) }, work));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log((Number(messages) / seconds).toFixed(1));
  pool.close();
}

main();

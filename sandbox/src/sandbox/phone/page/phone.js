// The phone: shows what happens as it is told, and tells what the person does.
"use strict";

const at = (id) => document.getElementById(id);
const APPS = ["texts", "chats", "line"];
const CHANNELS = { sms: "text", whatsapp: "WhatsApp", ivr: "telephone" };
const state = { phone: null, stream: null, open: "texts", unread: {}, to: {}, queues: [], own: false, live: false };

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const told = answer.status === 202 ? null : await answer.json();
  if (answer.ok) return told;
  const why = typeof told?.detail === "string" ? told.detail : `refused (${answer.status})`;
  throw Object.assign(new Error(why), { status: answer.status });
}

/** Does it on this phone; what goes wrong is told in the journal. */
async function act(what, body) {
  try {
    await ask("POST", `/phones/${state.phone.id}/${what}`, body);
  } catch (error) {
    note("not", `That did not work: ${error.message}.`);
  }
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Words in which links can be opened. */
function words(body) {
  return body.split(/(https?:\/\/\S+)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const link = element("a", part);
    Object.assign(link, { href: part, target: "_blank", rel: "noopener noreferrer" });
    return link;
  });
}

function append(list, item) {
  list.append(item);
  while (list.children.length > 300) list.firstElementChild.remove();
  list.scrollTop = list.scrollHeight;
}

function note(className, ...parts) {
  const quiet = at("journal").querySelector(".quiet");
  if (quiet) quiet.remove();
  const item = element("li", "", className);
  item.append(...parts);
  at("journal").prepend(item);
}

// -- apps

function show(app) {
  state.open = app;
  state.unread[app] = 0;
  for (const name of APPS) {
    const tab = at(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === app));
    tab.tabIndex = name === app ? 0 : -1;
    at(name).hidden = name !== app;
  }
  count(app);
  const list = at(app).querySelector("[role=log]");
  list.scrollTop = list.scrollHeight;
}

function count(app) {
  const badge = at(`count-${app}`);
  badge.hidden = !state.unread[app];
  badge.textContent = state.unread[app] ? `${state.unread[app]} new` : "";
}

/** Something arrived: the app opens by itself, unless the person is writing in another. */
function arrived(app, what) {
  at("said").textContent = what;
  const writing = document.activeElement?.closest(".write");
  if (app === state.open) return;
  if (writing?.querySelector("input").value || document.hidden) {
    state.unread[app] = (state.unread[app] || 0) + 1;
    count(app);
  } else show(app);
}

function reachable(place, to) {
  state.to[place] = to;
  for (const one of at(`write-${place}`).elements) one.disabled = false;
}

// -- what happens

const HAPPENINGS = {
  text(told) {
    const item = element("div");
    item.append(element("span", told.sender, "from"), ...words(told.body));
    append(at("thread-texts"), item);
    reachable("texts", told.sender);
    arrived("texts", "A text has arrived.");
  },
  chat(told) {
    const item = element("div");
    item.append(element("span", told.sender, "from"), ...words(told.body));
    if (told.choices.length) item.append(choices(told));
    append(at("thread-chats"), item);
    reachable("chats", told.sender);
    arrived("chats", "A WhatsApp message has arrived.");
  },
  mine(told) {
    append(at(`thread-${told.place}s`), element("div", told.body, "mine"));
  },
  ringing(told) {
    at("heard").replaceChildren();
    line("ringing", `${told.sender} is calling`);
    show("line");
    at("pick-up").focus();
  },
  talking() {
    line("talking", "On the line");
    at("keys").querySelector("button").focus();
  },
  said(told) {
    append(at("heard"), element("div", told.body));
    if (state.live && at("speak").checked && "speechSynthesis" in window)
      speechSynthesis.speak(new SpeechSynthesisUtterance(told.body));
  },
  pressed(told) {
    append(at("heard"), element("div", told.key, "mine"));
  },
  over(told) {
    line("none", told.answered ? "The call has ended." : "You did not answer.");
    if ("speechSynthesis" in window && !told.answered) speechSynthesis.cancel();
    at("tab-line").focus();
  },
  ended(told) {
    const by = told.tags.map((tag) => `; you are to be asked by ${CHANNELS[tag.replace("by-", "")]}`);
    note("", `Your call with ${told.agent} (${told.queue}) has ended${by.join("")}. `, link(told.interaction));
  },
  verdict(told) {
    if (told.asked) {
      const when = told.due ? `, on ${new Date(told.due).toLocaleString()}` : "";
      return note("asked", `You are asked by ${CHANNELS[told.channel] || told.channel}, by the flow ${told.flow}${when}.`);
    }
    const parts = [`You are not asked: ${(told.reason || "").replaceAll("_", " ")}.`];
    if (told.reason === "frequency_cap") parts.push(another());
    note("not", ...parts);
  },
  trouble(told) {
    note("not", `Trouble: ${told.body}.`);
  },
};

function link(interaction) {
  const made = element("a", "This call in the console");
  made.href = `${at("console").dataset.base}/calls/${encodeURIComponent(interaction)}`;
  return made;
}

function another() {
  const made = element("button", "Call from a new number", "plain");
  made.type = "button";
  made.addEventListener("click", renew);
  return made;
}

function choices(told) {
  const group = element("div", "", "choices");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Answers");
  for (const title of told.choices) {
    const button = element("button", title);
    button.type = "button";
    button.addEventListener("click", () => act("taps", { chat: told.id, title }));
    group.append(button);
  }
  return group;
}

function line(what, words) {
  at("state").textContent = words;
  at("line").classList.toggle("ringing", what === "ringing");
  at("pick-up").hidden = at("decline").hidden = what !== "ringing";
  at("hang-up").hidden = what !== "talking";
  for (const key of at("keys").children) key.disabled = what !== "talking";
}

// -- the phone itself

async function take() {
  const kept = sessionStorage.getItem("phone");
  if (kept) {
    try {
      return await ask("GET", `/phones/${kept}`);
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }
  return ask("POST", "/phones");
}

async function start() {
  state.phone = await take();
  sessionStorage.setItem("phone", state.phone.id);
  const [, area, exchange, subscriber] = /^\+1(...)(...)(....)$/.exec(state.phone.number) || [];
  at("number").textContent = area ? `+1 ${area} ${exchange} ${subscriber}` : state.phone.number;
  state.stream = new EventSource(`/phones/${state.phone.id}/happenings`);
  state.stream.addEventListener("message", (event) => {
    const told = JSON.parse(event.data);
    HAPPENINGS[told.kind]?.(told);
  });
  setTimeout(() => (state.live = true), 1000); // what happened before the page was opened is not said
}

async function renew() {
  state.stream.close();
  sessionStorage.removeItem("phone");
  for (const place of ["texts", "chats"]) {
    at(`thread-${place}`).replaceChildren();
    for (const one of at(`write-${place}`).elements) one.disabled = true;
  }
  at("heard").replaceChildren();
  line("none", "No call.");
  try {
    await start();
    note("", `You have a new number: ${state.phone.number}.`);
  } catch (error) {
    note("not", `No new number: ${error.message}.`);
  }
}

function agents() {
  const queue = state.queues.find((one) => one.name === at("queue").value);
  at("agent").replaceChildren(...queue.agents.map((one) => new Option(one.name, one.id)));
}

/** Of flows of the person's own: what they are about is proposed, anything may be written. */
function propose(told) {
  at("chosen").replaceChildren(at("own").content.cloneNode(true));
  at("by").remove();
  at("agrees-row").hidden = false;
  for (const [list, field] of [["queues", "queue"], ["agents", "agent"], ["numbers", "number"]]) {
    const input = at(`own-${field}`);
    if (!input.value) input.value = told[list][0];
    at(list).replaceChildren(...told[list].map((one) => new Option(one, one)));
  }
  if (!told.flows) note("not", "No flow is on so far: make one in the console, or apply a file.");
}

async function prepare() {
  const told = await ask("GET", "/choices");
  at("console").href = at("console").dataset.base = told.console;
  state.own = told.own;
  if (told.own) return propose(told);
  state.queues = told.queues;
  at("queue").replaceChildren(
    ...told.queues.map((one) => new Option(`${one.name} (${one.metric.toUpperCase()})`, one.name)),
  );
  agents();
}

function keypad() {
  for (const key of "123456789*0#") {
    const button = element("button", key);
    button.type = "button";
    button.disabled = true;
    if (key === "*" || key === "#") button.setAttribute("aria-label", key === "*" ? "star" : "hash");
    button.addEventListener("click", () => act("call", { does: "press", key }));
    at("keys").append(button);
  }
  at("line").addEventListener("keydown", (event) => {
    const key = [...at("keys").children].find((one) => one.textContent === event.key);
    if (key && !key.disabled) key.click();
  });
}

function listen() {
  at("queue")?.addEventListener("change", agents);
  at("end-call").addEventListener("change", () => {
    at("agrees-row").hidden = !state.own && chosen() !== "whatsapp";
  });
  at("end-call").addEventListener("submit", (event) => {
    event.preventDefault();
    act("ended-calls", { ...call(), agrees: at("agrees").checked });
  });
  for (const place of ["texts", "chats"])
    at(`write-${place}`).addEventListener("submit", (event) => {
      event.preventDefault();
      const input = event.target.querySelector("input");
      if (!input.value.trim()) return;
      act(place, { to: state.to[place], body: input.value });
      input.value = "";
    });
  for (const name of APPS) at(`tab-${name}`).addEventListener("click", () => show(name));
  document.querySelector(".apps").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    show(APPS[(APPS.indexOf(state.open) + step + APPS.length) % APPS.length]);
    at(`tab-${state.open}`).focus();
  });
  at("renew").addEventListener("click", renew);
  at("pick-up").addEventListener("click", () => act("call", { does: "pick_up" }));
  at("decline").addEventListener("click", () => act("call", { does: "decline" }));
  at("hang-up").addEventListener("click", () => act("call", { does: "hang_up" }));
  at("speak").addEventListener("change", () => "speechSynthesis" in window && speechSynthesis.cancel());
}

function call() {
  if (state.own)
    return { queue: at("own-queue").value, agent: at("own-agent").value, number: at("own-number").value };
  return { queue: at("queue").value, agent: at("agent").value, channel: chosen() };
}

function chosen() {
  return document.querySelector("[name=channel]:checked").value;
}

keypad();
prepare()
  .then(listen)
  .then(start)
  .catch((error) => note("not", `The phone does not work: ${error.message}. Reload the page.`));

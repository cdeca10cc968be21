// A small API: notes that are kept in memory until they are old. Routes, bodies, JSON, the environment and a timer.
//
//   GET /notes            all notes            POST /notes           the body becomes a note
//   GET /notes/ID         one note             DELETE /notes/ID      forget it

import { variable } from "diatom/environment";
import { serve, Request, Response } from "diatom/http";
import { setInterval } from "diatom/timers";

class Note {
  constructor(public id: i32, public text: string, public createdMs: i64) {}

  toJson(): string {
    return `{"id":${this.id},"text":${quote(this.text)},"created":"${new Date(this.createdMs).toISOString()}"}`;
  }
}

const mostNotes = 1000;
const keepMs = I64.parseInt(variable("KEEP_SECONDS", "3600")) * 1000;
const notes = new Map<i32, Note>();
let lastId: i32 = 0;

/** JSON text of a string (RFC 8259 §7). */
function quote(text: string): string {
  let result = '"';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code == 34 || code == 92) result += "\\" + text.charAt(at);
    else if (code < 32) result += "\\u" + code.toString(16).padStart(4, "0");
    else result += text.charAt(at);
  }
  return result + '"';
}

function problem(status: i32, message: string): Response {
  return Response.json(`{"error":${quote(message)}}`, status);
}

function list(): Response {
  const items = notes.values().map<string>((note: Note): string => note.toJson());
  return Response.json("[" + items.join(",") + "]");
}

function add(text: string): Response {
  if (text.length == 0) return problem(400, "the body is the note: it must not be empty");
  if (notes.size >= mostNotes) return problem(507, "there are enough notes: delete one");
  const note = new Note(++lastId, text, Date.now());
  notes.set(note.id, note);
  return Response.json(note.toJson(), 201).header("Location", "/notes/" + note.id.toString());
}

function route(request: Request): Response {
  const parts = request.path.split("/");
  if (parts.length > 3 || parts[1] != "notes") return problem(404, "there is nothing but /notes");
  if (parts.length == 2) {
    if (request.method == "GET") return list();
    if (request.method == "POST") return add(request.text());
    return problem(405, "GET or POST").header("Allow", "GET, POST");
  }
  const id = I32.parseInt(parts[2]);
  if (!notes.has(id)) return problem(404, "no such note");
  if (request.method == "GET") return Response.json(notes.get(id).toJson());
  if (request.method != "DELETE") return problem(405, "GET or DELETE").header("Allow", "GET, DELETE");
  notes.delete(id);
  return Response.empty();
}

function forgetOld(): void {
  const known = notes.values();
  for (let i = 0; i < known.length; i++) {
    if (Date.now() - known[i].createdMs >= keepMs) notes.delete(known[i].id);
  }
}

serve(8080, route);
setInterval(forgetOld, 1000);
console.log("notes are kept for " + (keepMs / 1000).toString() + " seconds");

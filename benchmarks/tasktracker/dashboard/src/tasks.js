// What the dashboard knows of tasks, apart from how it draws them.

export function withTask(tasks, task) {
  const others = tasks.filter((other) => other.id !== task.id);
  return [task, ...others].sort((a, b) => b.id - a.id);
}

export function summary(tasks) {
  const open = tasks.filter((task) => !task.done).length;
  return `${open} open, ${tasks.length - open} done`;
}

async function asJson(response) {
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.json();
}

export const fetchTasks = () => fetch("/api/tasks").then(asJson);

const send = (method, url, body) =>
  fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).then(asJson);

export const createTask = (title) => send("POST", "/api/tasks", { title });
export const setDone = (id, done) => send("PATCH", `/api/tasks/${id}`, { done });

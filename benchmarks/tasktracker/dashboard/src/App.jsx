import { useEffect, useState } from "react";
import { createTask, fetchTasks, setDone, summary, withTask } from "./tasks.js";

export function App() {
  const [tasks, setTasks] = useState([]);
  const [title, setTitle] = useState("");
  const [problem, setProblem] = useState("");
  const show = (task) => setTasks((known) => withTask(known, task));
  const fail = (error) => setProblem(String(error));

  useEffect(() => {
    fetchTasks().then(setTasks, fail);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/ws`);
    socket.onmessage = (event) => show(JSON.parse(event.data));
    return () => socket.close();
  }, []);

  const add = (event) => {
    event.preventDefault();
    createTask(title).then((task) => {
      show(task);
      setTitle("");
    }, fail);
  };

  return (
    <main>
      <h1>Tasks</h1>
      <p className="summary">{summary(tasks)}</p>
      {problem && <p role="alert">{problem}</p>}
      <form onSubmit={add}>
        <input value={title} onChange={(e) => setTitle(e.target.value)} required maxLength={200} />
        <button>Add</button>
      </form>
      <ul>
        {tasks.map((task) => (
          <li key={task.id} className={task.done ? "done" : ""}>
            <label>
              <input
                type="checkbox"
                checked={task.done}
                onChange={() => setDone(task.id, !task.done).then(show, fail)}
              />
              {task.title}
            </label>
            <small>
              {task.source}
              {task.words != null && `, ${task.words} words`}
            </small>
          </li>
        ))}
      </ul>
    </main>
  );
}

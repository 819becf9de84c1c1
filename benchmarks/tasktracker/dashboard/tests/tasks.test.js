import { expect, test } from "vitest";
import { summary, withTask } from "../src/tasks.js";

test("a new task comes first and an old one is replaced", () => {
  const tasks = withTask([{ id: 1, done: false }], { id: 2, done: false });
  expect(tasks.map((task) => task.id)).toEqual([2, 1]);
  expect(withTask(tasks, { id: 1, done: true })[1].done).toBe(true);
});

test("the summary counts open and done", () => {
  expect(summary([{ done: true }, { done: false }, { done: false }])).toBe("2 open, 1 done");
});

"""What nixpkgs' layeringPipeline makes of graphs: written from its description, on plain dicts.

A graph is a dict from each path, in order, to the paths it refers to; a list is a list; parts are
("parts", dict). Reads [{"graph": [...], "pipeline": [...]}] and prints the layers of each, or null
where a step can not be done.
"""

import json
import sys


class Wrong(Exception):
    pass


def need(condition):
    if not condition:
        raise Wrong


def is_graph(value):
    return isinstance(value, dict)


def is_list(value):
    return isinstance(value, list)


def is_parts(value):
    return isinstance(value, tuple)


def only(graph, paths):
    return {path: [to for to in graph[path] if to in paths] for path in graph if path in paths}


def closed(edges, starts):
    found = set()
    todo = list(starts)
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += edges[path]
    return found


def users(graph):
    edges = {path: [] for path in graph}
    for path, references in graph.items():
        for to in references:
            edges[to].append(path)
    return edges


def roots(graph):
    return [path for path, by in users(graph).items() if not by]


def popularity_contest(graph):
    need(is_graph(graph))
    known = {}

    def count(children):
        counts = {}
        for child in children:
            counts[child] = counts.get(child, 0) + 1
            if child not in known:
                known[child] = count(graph[child])
            for below, number in known[child].items():
                counts[below] = counts.get(below, 0) + number + 1
        return counts

    def key(path):
        first, *others = path.split("-")
        return "-".join(others + [first])

    counts = count(roots(graph))
    return [{path: []} for path in sorted(counts, key=lambda path: (-counts[path], key(path)))]


def limit_layers(number, value):
    need(is_list(value))
    rest = value[number - 1:]
    need(len(rest) == 1 or all(is_graph(item) for item in rest))
    merged = {path: references for graph in rest for path, references in graph.items()} \
        if len(rest) != 1 else rest[0]
    return value[:number - 1] + [merged]


def split_every(number, value):
    need(not is_parts(value))
    items = list(value)
    chunks = [items[start:start + number] for start in range(0, len(items), number)]
    return [only(value, chunk) for chunk in chunks] if is_graph(value) else chunks


def split_paths(wanted, graph):
    need(is_graph(graph))
    chosen = []
    for path in wanted:
        if isinstance(path, str):
            chosen += [path] if path in graph else []
        else:
            parents = path["children_of"]
            for parent in [parents] if isinstance(parents, str) else parents:
                chosen += graph.get(parent, [])
    if not chosen:
        return ("parts", {"rest": graph})
    tops = roots(graph)
    if len(tops) == 1 and tops[0] in chosen:
        return ("parts", {"main": graph})
    off = closed(graph, chosen)
    cut = {path: [to for to in graph[path] if to not in chosen] for path in graph}
    others = closed(cut, [path for path in tops if path not in chosen])
    parts = {"main": off - others, "common": off & others, "rest": others - off}
    return ("parts", {name: only(cut, paths) for name, paths in parts.items() if paths})


def subcomponent(edges_of, wanted, graph):
    need(is_graph(graph))
    main = closed(edges_of(graph), [path for path in wanted if path in graph])
    return ("parts", {"main": only(graph, main), "rest": only(graph, set(graph) - main)})


def remove_paths(wanted, graph):
    need(is_graph(graph))
    wanted = [wanted] if isinstance(wanted, str) else wanted
    return only(graph, [path for path in graph if path not in wanted])


def reverse(value):
    need(is_list(value))
    return value[::-1]


def flat(value):
    if is_graph(value):
        return [value]
    items = value[1].values() if is_parts(value) else value
    return [graph for item in items for graph in flat(item)]


def flatten(value):
    need(not is_graph(value))
    return flat(value)


def over(name, step, value):
    need(is_parts(value) and name in value[1])
    return ("parts", {**value[1], name: run(step, value[1][name])})


def each(step, value):
    need(is_list(value))
    return [run(step, item) for item in value]


def pipe(steps, value):
    for step in steps:
        value = run(step, value)
    return value


OPERATIONS = {
    "popularity_contest": popularity_contest,
    "limit_layers": limit_layers,
    "split_every": split_every,
    "split_paths": split_paths,
    "subcomponent_out": lambda wanted, graph: subcomponent(lambda edges: edges, wanted, graph),
    "subcomponent_in": lambda wanted, graph: subcomponent(users, wanted, graph),
    "remove_paths": remove_paths,
    "reverse": reverse,
    "flatten": flatten,
    "over": over,
    "map": each,
    "pipe": pipe,
}


def run(step, value):
    operation, *arguments = step
    return OPERATIONS[operation](*arguments, value)


def layers(graph, pipeline):
    nodes = sorted(sorted(graph, key=lambda node: node["path"]), key=lambda node: node["narSize"])
    start = {
        node["path"]: [to for to in node["references"] if to != node["path"]] for node in nodes
    }
    try:
        return [list(graph) for graph in flat(pipe(pipeline, start)) if graph]
    except Wrong:
        return None


def main():
    cases = json.load(sys.stdin)
    json.dump([layers(case["graph"], case["pipeline"]) for case in cases], sys.stdout)


if __name__ == "__main__":
    main()

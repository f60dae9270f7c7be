"""A validator for the part of JSON Schema (draft 4) that the schema of SARIF uses. An unknown keyword is an error, so that
nothing passes because it was not understood."""
import re

IGNORED = {"$schema", "id", "title", "description", "default", "definitions", "format"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def problems(value, schema, root=None, where="$"):
    """Sentences about what does not fit; none when the value is valid."""
    root = schema if root is None else root
    found = []
    for keyword, rule in schema.items():
        if keyword in IGNORED:
            continue
        if keyword == "$ref":
            target = root
            for part in rule.removeprefix("#/").split("/"):
                target = target[part]
            found += problems(value, target, root, where)
        elif keyword == "type":
            names = rule if isinstance(rule, list) else [rule]
            if not any(is_type(value, name) for name in names):
                found.append(f"{where}: is no {' or '.join(names)}")
        elif keyword == "enum":
            if value not in rule:
                found.append(f"{where}: {value!r} is none of {rule}")
        elif keyword in ("minimum", "maximum"):
            if is_type(value, "number") and (value < rule if keyword == "minimum" else value > rule):
                found.append(f"{where}: {value} is beyond the {keyword} {rule}")
        elif keyword == "pattern":
            if isinstance(value, str) and not re.search(rule, value):
                found.append(f"{where}: {value!r} does not match {rule}")
        elif keyword == "required":
            found += [f"{where}: {name} is missing" for name in rule if isinstance(value, dict) and name not in value]
        elif keyword == "properties":
            for name, inner in rule.items():
                if isinstance(value, dict) and name in value:
                    found += problems(value[name], inner, root, f"{where}.{name}")
        elif keyword == "additionalProperties":
            for name in value if isinstance(value, dict) else []:
                if name in schema.get("properties", {}):
                    continue
                if rule is False:
                    found.append(f"{where}: {name} is not known")
                elif isinstance(rule, dict):
                    found += problems(value[name], rule, root, f"{where}.{name}")
        elif keyword == "items":
            for index, item in enumerate(value if isinstance(value, list) else []):
                found += problems(item, rule, root, f"{where}[{index}]")
        elif keyword == "minItems":
            if isinstance(value, list) and len(value) < rule:
                found.append(f"{where}: has fewer than {rule} items")
        elif keyword == "uniqueItems":
            if rule and isinstance(value, list) and any(item in value[:i] for i, item in enumerate(value)):
                found.append(f"{where}: has an item twice")
        elif keyword in ("anyOf", "oneOf"):
            good = sum(not problems(value, option, root, where) for option in rule)
            if good == 0 or (keyword == "oneOf" and good > 1):
                found.append(f"{where}: fits {good} of {keyword}")
        else:
            raise ValueError(f"the keyword {keyword} of {where} is not known here")
    return found

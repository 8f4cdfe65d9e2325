"""Stands in for TRL 1.16: a trainer that calls its reward functions as GRPOTrainer does, on bare answers."""

from types import SimpleNamespace


class GRPOConfig(SimpleNamespace):
    pass


class GRPOTrainer:
    def __init__(self, model, reward_funcs, args, train_dataset):
        self.reward_funcs, self.args, self.rows = reward_funcs, args, train_dataset
        self.state = SimpleNamespace(log_history=[], global_step=0)

    def train(self):
        inputs = [row for row in self.rows for _ in range(self.args.num_generations)]
        prompts = [row["prompt"] for row in inputs]
        completions = [f"answer {row['reference']}" for row in inputs]
        columns = {name: [row[name] for row in inputs] for name in inputs[0] if name != "prompt"}
        logged = {}
        for function in self.reward_funcs:
            scores = function(
                prompts=prompts, completions=completions, completion_ids=[[0]] * len(prompts), **columns,
                trainer_state=self.state, log_extra=print, log_metric=print,
            )  # fmt: skip
            assert len(scores) == len(prompts)
            known = [score for score in scores if score is not None]
            logged[f"rewards/{function.__name__}/mean"] = sum(known) / len(known)
        self.state.log_history.append(logged)

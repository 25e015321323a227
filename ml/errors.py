"""What goes wrong with models, in the words of whoever has to mend it.

SigntuiError
└─ ModelError
   ├─ ConfigError        a setting that is unknown or out of bounds
   ├─ EmptySplitError    nothing to train on or to select with
   ├─ CheckpointError    a bundle or checkpoint that cannot be trusted
   ├─ SourceModelError   a model to begin with that does not fit the training
   ├─ GlossError         glosses that a model does not know
   ├─ ExportError        the exported model does not say what the trained one says
   ├─ ClusterError       workers that cannot train together, or one that was lost
   └─ DivergedError      the loss is no number any more

`LeakError` and `SplitError` come from `store.splits`, which makes and checks the splits.
"""

from store.errors import SigntuiError


class ModelError(SigntuiError):
    pass


class ConfigError(ModelError):
    pass


class EmptySplitError(ModelError):
    pass


class CheckpointError(ModelError):
    pass


class SourceModelError(ModelError):
    pass


class GlossError(ModelError):
    pass


class ExportError(ModelError):
    pass


class ClusterError(ModelError):
    pass


class DivergedError(ModelError):
    pass

"""The Lambda package: pulls Wistia's streams over HTTP and lands them, as served, in the bucket.

``client`` speaks HTTP and nothing else, ``streams`` declares what there is to pull, ``landing``
writes immutable files and the manifests that make them visible, ``handlers`` are the functions.
"""

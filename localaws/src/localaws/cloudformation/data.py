"""Resource types of the data plane: Glue and Athena."""

from typing import Any

from localaws.cloudformation.api_resource import ApiResource, Properties


class GlueDatabase(ApiResource):
    """``AWS::Glue::Database``."""

    TYPE = "AWS::Glue::Database"

    def create(self, name: str) -> None:
        """Create the database."""
        database_input = self._input(self.properties, name.lower())
        self.call("glue", "create_database", DatabaseInput=database_input)
        self.physical_resource_id = database_input["Name"]

    def change(self, new: Properties) -> bool:
        """Change everything but the name."""
        database_input = self._input(new, self.physical_resource_id)
        if database_input["Name"] != self.physical_resource_id:
            return False
        name = self.physical_resource_id
        self.call("glue", "update_database", Name=name, DatabaseInput=database_input)
        return True

    def remove(self) -> None:
        """Delete the database."""
        self.call("glue", "delete_database", Name=self.physical_resource_id)

    @staticmethod
    def _input(properties: Properties, name: str) -> dict[str, Any]:
        given = properties.get("DatabaseInput", {})
        return {**given, "Name": given.get("Name") or properties.get("DatabaseName") or name}


class GlueTable(ApiResource):
    """``AWS::Glue::Table``."""

    TYPE = "AWS::Glue::Table"

    def create(self, name: str) -> None:
        """Create the table."""
        table_input = {"Name": name.lower(), **self.properties.get("TableInput", {})}
        database = self.properties["DatabaseName"]
        self.call("glue", "create_table", DatabaseName=database, TableInput=table_input)
        self.physical_resource_id = table_input["Name"]

    def change(self, new: Properties) -> bool:
        """Change everything but name and database; partitions stay."""
        table_input = {"Name": self.physical_resource_id, **new.get("TableInput", {})}
        database = self.properties["DatabaseName"]
        if new["DatabaseName"] != database or table_input["Name"] != self.physical_resource_id:
            return False
        self.call("glue", "update_table", DatabaseName=database, TableInput=table_input)
        return True

    def remove(self) -> None:
        """Delete the table, not its data."""
        database, name = self.properties["DatabaseName"], self.physical_resource_id
        self.call("glue", "delete_table", DatabaseName=database, Name=name)


class GlueJob(ApiResource):
    """``AWS::Glue::Job``."""

    TYPE = "AWS::Glue::Job"
    NAME_PROPERTY = "Name"

    def create(self, name: str) -> None:
        """Create the job."""
        self.call("glue", "create_job", **{**self.properties, "Name": name})
        self.physical_resource_id = name

    def change(self, new: Properties) -> bool:
        """Change the job; runs that have begun go on as they are."""
        name = self.physical_resource_id
        self.call("glue", "delete_job", JobName=name)  # moto 5.2.5 has no UpdateJob
        self.call("glue", "create_job", **{**new, "Name": name})
        return True

    def remove(self) -> None:
        """Delete the job."""
        self.call("glue", "delete_job", JobName=self.physical_resource_id)


class GlueCrawler(ApiResource):
    """``AWS::Glue::Crawler``."""

    TYPE = "AWS::Glue::Crawler"
    NAME_PROPERTY = "Name"

    def create(self, name: str) -> None:
        """Create the crawler."""
        self.call("glue", "create_crawler", **self._parameters(self.properties), Name=name)
        self.physical_resource_id = name

    def change(self, new: Properties) -> bool:
        """Change the crawler."""
        parameters = self._parameters(new)
        parameters.pop("Tags", None)
        name = self.physical_resource_id
        self.call("glue", "delete_crawler", Name=name)  # moto 5.2.5 has no UpdateCrawler
        self.call("glue", "create_crawler", **parameters, Name=name)
        return True

    def remove(self) -> None:
        """Delete the crawler."""
        self.call("glue", "delete_crawler", Name=self.physical_resource_id)

    @staticmethod
    def _parameters(properties: Properties) -> Properties:
        parameters = {key: value for key, value in properties.items() if key != "Name"}
        if "Schedule" in parameters:  # the template nests what the API takes as a string
            parameters["Schedule"] = parameters["Schedule"]["ScheduleExpression"]
        return parameters


class AthenaWorkGroup(ApiResource):
    """``AWS::Athena::WorkGroup``."""

    TYPE = "AWS::Athena::WorkGroup"
    NAME_PROPERTY = "Name"
    ATTRIBUTES = ("CreationTime", "WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion")

    def create(self, name: str) -> None:
        """Create the workgroup."""
        optional = {
            key: self.properties[key] for key in ("Description", "Tags") if key in self.properties
        }
        configuration = self.properties.get("WorkGroupConfiguration", {})
        self.call("athena", "create_work_group", Name=name, Configuration=configuration, **optional)
        self.physical_resource_id = name
        if "State" in self.properties:
            self.call("athena", "update_work_group", WorkGroup=name, State=self.properties["State"])

    def change(self, new: Properties) -> bool:
        """Change description, state and configuration."""
        updates = dict(new.get("WorkGroupConfiguration", {}))
        if "ResultConfiguration" in updates:
            updates["ResultConfigurationUpdates"] = updates.pop("ResultConfiguration")
        self.call(
            "athena",
            "update_work_group",
            WorkGroup=self.physical_resource_id,
            Description=new.get("Description", ""),
            State=new.get("State", "ENABLED"),
            ConfigurationUpdates=updates,
        )
        return True

    def remove(self) -> None:
        """Delete the workgroup."""
        recursive = self.properties.get("RecursiveDeleteOption", False)
        name = self.physical_resource_id
        self.call("athena", "delete_work_group", WorkGroup=name, RecursiveDeleteOption=recursive)


class AthenaNamedQuery(ApiResource):
    """``AWS::Athena::NamedQuery``."""

    TYPE = "AWS::Athena::NamedQuery"
    ATTRIBUTES = ("NamedQueryId",)

    def create(self, name: str) -> None:
        """Create the query."""
        answer = self.call("athena", "create_named_query", **{"Name": name, **self.properties})
        self.physical_resource_id = answer["NamedQueryId"]
        self.attributes = {"NamedQueryId": answer["NamedQueryId"]}

    def remove(self) -> None:
        """Delete the query."""
        self.call("athena", "delete_named_query", NamedQueryId=self.physical_resource_id)
